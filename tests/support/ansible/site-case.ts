// A small site: an inventory, the files beside it, the flags, and a checkout of one layout. Cases are compared, shrunk and kept.
import { dirname, join } from "node:path";
import { plant, type Tree } from "../checkout.ts";
import { temporary } from "../temp.ts";
import type { Ansible, AnsibleJob } from "./ansible.ts";
import { differences, ownAnswer } from "./evaluation.ts";
import { layouts } from "./layouts.ts";
import { encrypt } from "./vault.ts";

/** A site and how it is used; paths are below its folder. */
export interface SiteCase {
  readonly layout: string;
  readonly files: Tree;
  readonly inventories: readonly string[];
  readonly extraVars: readonly string[];
  readonly machines: Readonly<Record<string, string>>;
  readonly limit?: string;
  /** Files that Ansible Vault encrypts, with the password of the label `default`. */
  readonly encrypted?: readonly string[];
  /** Passwords of Ansible Vault, by label. */
  readonly vaultPasswords?: Readonly<Record<string, string>>;
  /** `hash_behaviour = merge` in an ansible.cfg beside the first inventory. */
  readonly mergesHashes?: boolean;
}

/** Writes a case below a folder. @returns the job that asks for it. */
export function plantCase(folder: string, site: SiteCase): AnsibleJob {
  const { layout, files, inventories, extraVars, machines, limit, mergesHashes } = site;
  const checkout = join(folder, "kubespray");
  plant(checkout, layouts[layout] ?? {});
  plant(folder, Object.fromEntries(Object.entries(files).map(([path, text]) => [path, written(site, path, text)])));
  const passwords = Object.entries(site.vaultPasswords ?? {});
  plant(folder, Object.fromEntries(passwords.map(([label, password]) => [`vault/${label}`, `${password}\n`])));
  const [first = ""] = inventories;
  if (mergesHashes) plant(folder, { [join(dirname(first), "ansible.cfg")]: "[defaults]\nhash_behaviour = merge\n" });
  return {
    checkout,
    inventories: inventories.map((path) => join(folder, path)),
    extraVars: extraVars.map((text) => text.replace(/^@/, `@${folder}/`)),
    machines,
    vaultIds: passwords.map(([label]) => `${label}@${join(folder, "vault", label)}`),
    ...(limit !== undefined && { limit }),
    ...(mergesHashes && { settings: { DEFAULT_HASH_BEHAVIOUR: "merge" } }),
    keep: false,
  };
}

function written({ encrypted = [], vaultPasswords = {} }: SiteCase, path: string, text: string): string {
  if (!encrypted.includes(path)) return text;
  return encrypt(text, { password: vaultPasswords["default"] ?? "", salt: path });
}

/** Where kso and Ansible differ over a case. */
export async function caseDifferences(ansible: Ansible, site: SiteCase): Promise<readonly string[]> {
  using folder = temporary();
  const job = plantCase(folder.path, site);
  return differences(await ansible.ask(job), ownAnswer(job));
}

/** The smallest case found that still differs: without files, lines, flags that do not matter. */
export async function shrink(
  site: SiteCase,
  differs: (candidate: SiteCase) => Promise<boolean>,
  tries = 400,
): Promise<SiteCase> {
  let best = site;
  let left = tries;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of smaller(best)) {
      if (left-- <= 0) return best;
      if (!(await differs(candidate))) continue;
      best = candidate;
      isSmaller = true;
      break;
    }
  }
  return best;
}

/** Cases with one part less, the largest parts first. */
function* smaller(site: SiteCase): Generator<SiteCase> {
  const { limit, ...unlimited } = site;
  if (limit !== undefined) yield unlimited;
  if (site.encrypted?.length) yield { ...site, encrypted: [] };
  if (site.mergesHashes) yield { ...site, mergesHashes: false };
  for (const index of site.extraVars.keys())
    yield { ...site, extraVars: site.extraVars.filter((_, other) => other !== index) };
  if (site.inventories.length > 1)
    for (const path of site.inventories)
      yield { ...site, inventories: site.inventories.filter((other) => other !== path) };
  for (const path of Object.keys(site.files))
    if (!site.inventories.includes(path))
      yield { ...site, files: Object.fromEntries(Object.entries(site.files).filter(([other]) => other !== path)) };
  for (const size of [8, 4, 2, 1])
    for (const [path, text] of Object.entries(site.files)) {
      const lines = text.split("\n");
      for (let at = 0; at < lines.length - 1; at += size)
        yield {
          ...site,
          files: { ...site.files, [path]: [...lines.slice(0, at), ...lines.slice(at + size)].join("\n") },
        };
    }
}

/** A case as text, to be read and kept. */
export function caseText({ files, ...flags }: SiteCase): string {
  const texts = Object.entries(files).map(([path, text]) => `--- ${path}\n${text}`);
  return `${JSON.stringify(flags)}\n${texts.join("")}`;
}
