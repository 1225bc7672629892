// ansible.cfg: which hosts, files and variables a run has besides its flags. Of the places where it may lie the first one counts, as
// it does for Ansible. Environment variables (ANSIBLE_…) are not read.
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { nameList } from "../core/name-list.ts";
import { openFolder, statsOf } from "./folder.ts";

/** What an ansible.cfg says of inventories and variables. */
export interface AnsibleConfiguration {
  /** Where it lies; undefined: there is none. */
  readonly path: string | undefined;
  /** The inventories to take where no flag names one. */
  readonly inventories: readonly string[];
  /** Whether dictionaries of several sources are merged (`hash_behaviour = merge`). */
  readonly mergesHashes: boolean;
  /** Endings of files that are passed over in a folder. */
  readonly ignoredExtensions: readonly string[];
  /** Regular expressions of names that are passed over in a folder. */
  readonly ignoredPatterns: readonly string[];
  /** Whether a list of hosts (`-i a,b`) may have ranges (the plugin `advanced_host_list`). */
  readonly rangesInHostLists: boolean;
  /** Inventory plugins that it enables and Ansible itself does not bring along. */
  readonly foreignPlugins: readonly string[];
  /** A vault password that it names; kso reads those that flags name. */
  readonly vaultPassword: string | undefined;
  /** One that does not count, since everybody may write where it lies. */
  readonly passedOver?: string;
}

/** Without an ansible.cfg: Ansible's defaults, and what kubespray's own ansible.cfg passes over. */
const defaults: AnsibleConfiguration = {
  path: undefined,
  inventories: [],
  mergesHashes: false,
  ignoredExtensions: [
    ...[".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst"],
    ...[".orig", ".ini", ".cfg", ".retry", ".creds", ".gpg"],
  ],
  ignoredPatterns: ["artifacts", "credentials"],
  rangesInHostLists: false,
  foreignPlugins: [],
  vaultPassword: undefined,
};
/** Inventory plugins of Ansible's own. */
const ownPlugins: readonly string[] = [
  ...["host_list", "script", "auto", "yaml", "ini", "toml"],
  ...["advanced_host_list", "constructed", "generator"],
];
/** Endings that Ansible passes over by default. */
const ansibleExtensions = defaults.ignoredExtensions.filter((ending) => ending !== ".creds" && ending !== ".gpg");

/** Reads the ansible.cfg of the first folder that has one. @throws KsoError `unresolvable` for one that cannot be read. */
export function openConfiguration(folders: readonly string[]): AnsibleConfiguration {
  const found = folders.filter((candidate) => statsOf(join(candidate, "ansible.cfg"))?.isFile());
  const folder = found.find((candidate) => !isForeignWorkingDirectory(candidate));
  const passedOver = found.slice(0, folder === undefined ? found.length : found.indexOf(folder));
  const note = passedOver.length > 0 ? { passedOver: join(passedOver[0] as string, "ansible.cfg") } : {};
  if (folder === undefined) return { ...defaults, ...note };
  const path = join(folder, "ansible.cfg");
  // A link may lead anywhere: it is the user's, and no more than settings are read from it.
  return { ...readConfiguration(openFolder(folder, { anywhere: true }).read("ansible.cfg"), path), ...note };
}

/** Whether it is the working directory and everybody may write there: Ansible passes over an ansible.cfg in it. */
function isForeignWorkingDirectory(folder: string): boolean {
  return folder === "." && ((statsOf(folder)?.mode ?? 0) & 0o002) !== 0;
}

/** The settings in a file's text. */
export function readConfiguration(text: string, path: string): AnsibleConfiguration {
  const settings = readSections(text);
  const setting = (...keys: readonly string[]): string | undefined =>
    keys.map((key) => settings.get(key)).find((value) => value !== undefined);
  const list = (value: string | undefined): readonly string[] | undefined =>
    value
      ?.split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  const plugins = (list(setting("inventory.enable_plugins")) ?? []).map((name) =>
    name.replace(/^ansible\.builtin\./, ""),
  );
  return {
    path,
    inventories: inventoriesIn(setting("defaults.inventory"), dirname(path)),
    mergesHashes: setting("defaults.hash_behaviour")?.trim() === "merge",
    ignoredExtensions:
      list(setting("defaults.inventory_ignore_extensions", "inventory.ignore_extensions")) ?? ansibleExtensions,
    ignoredPatterns: list(setting("defaults.inventory_ignore_patterns", "inventory.ignore_patterns")) ?? [],
    rangesInHostLists: plugins.includes("advanced_host_list"),
    foreignPlugins: plugins.filter((name) => !ownPlugins.includes(name)),
    vaultPassword: setting("defaults.vault_password_file", "defaults.vault_identity_list"),
  };
}

/** Paths count from the file; a list with commas that names no file is a list of hosts. */
function inventoriesIn(value: string | undefined, folder: string): readonly string[] {
  const items = (value ?? "").split(",").map((item) => item.trim());
  const expanded = items.map((item) => (item.startsWith("~/") ? join(homedir(), item.slice(2)) : item));
  return expanded.filter((item) => item !== "").map((item) => resolve(folder, item));
}

/** What else is known of a run when people are told of its ansible.cfg. */
interface RunFacts {
  /** The playbook's folder, whose ansible.cfg is the usual one. */
  readonly playbook: string;
  /** Whether flags name an inventory. */
  readonly named: boolean;
  readonly hasPasswords: boolean;
}

/** What people should know of an ansible.cfg: that it is another one than the checkout's, and what it decides that a flag could. */
export function configurationNotes(
  configuration: AnsibleConfiguration,
  { playbook, named, hasPasswords }: RunFacts,
): string[] {
  const { path, inventories, mergesHashes, foreignPlugins, vaultPassword, passedOver } = configuration;
  const foreign =
    passedOver === undefined
      ? []
      : [`${passedOver} is passed over, as Ansible does where everybody may write in the working directory`];
  if (path === undefined) return foreign;
  const decisions = [
    ...(named ? [] : inventories.map((inventory) => `the inventory ${inventory}`)),
    ...(mergesHashes ? ["hash_behaviour = merge"] : []),
  ];
  const other =
    resolve(dirname(path)) === resolve(playbook) ? [] : [`${path} counts, as where ansible-playbook runs beside it`];
  return [
    ...foreign,
    ...(decisions.length > 0 ? [`${path} sets ${decisions.join(" and ")}`] : other),
    ...(foreignPlugins.length > 0
      ? [`${path} enables the inventory plugins ${nameList(foreignPlugins)}, of which kso runs none`]
      : []),
    ...(vaultPassword !== undefined && !hasPasswords
      ? [`${path} names a vault password, which is not read; name it with --vault-password-file`]
      : []),
  ];
}

/** `section.key` → value, as Python's configparser reads them: `=` or `:`, comments, and indented lines that go on. */
function readSections(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  let section = "";
  let current: string | undefined;
  for (const line of text.split(/\r?\n/).map(withoutComment)) {
    if (line.trim() === "") continue;
    if (line.startsWith("[")) [section, current] = [line.slice(1).split("]", 1).join(), undefined];
    else if (/^\s/.test(line) && current !== undefined)
      settings.set(current, `${settings.get(current) ?? ""}\n${line.trim()}`);
    else {
      const [, key = line, value = ""] = /^([^=:]*)[=:](.*)$/.exec(line) ?? [];
      current = `${section}.${key.trim().toLowerCase()}`;
      settings.set(current, value.trim());
    }
  }
  return settings;
}

/** A semicolon behind a blank starts a comment; a number sign does at the beginning of a line. */
function withoutComment(line: string): string {
  const start = line.startsWith(";") ? 0 : line.search(/\s;/);
  const content = start < 0 ? line : line.slice(0, start);
  return content.trimStart().startsWith("#") ? "" : content;
}
