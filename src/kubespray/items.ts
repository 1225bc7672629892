// What kubespray's `downloads` come to for one host: every item read field by field, so that one that cannot be evaluated names
// itself and leaves the others alone. (In kubespray itself one such item stops the whole download role.)

import { TemplateFailure } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import {
  Dict,
  isList,
  isTruthy,
  type PythonValue,
  typeName,
  Undefined,
  unwrap,
  VaultEncrypted,
} from "../ansible/jinja/values.ts";
import { type Digest, parseDigest } from "../core/digest.ts";
import { messageOf } from "../core/errors.ts";
import type { Checkout } from "./checkout.ts";
import { kubeadmItems } from "./kubeadm.ts";

/** A field, or the conditions, that could not be evaluated. */
export interface BrokenField {
  /** `url`, `enabled`, …; `when` for the download role's conditions. */
  readonly field: string;
  /** As the checkout or the inventory has it: `{{ kubelet_download_url }}`. */
  readonly expression: string;
  /** Why, in words. */
  readonly reason: string;
}

/** One item of `downloads`, evaluated. A field that the item has not, or that is broken, is undefined. */
export interface DownloadItem {
  /** kubespray's name: `kubelet`, `calico_node`; `kubeadm_kube-proxy` for what kubeadm names. */
  readonly name: string;
  readonly kind: "file" | "image" | undefined;
  readonly enabled: boolean;
  readonly url: string | undefined;
  /** The published digest; undefined where the release publishes none (kubespray then writes 0). */
  readonly digest: Digest | undefined;
  /** `checksum` or `sha256`, as it stands there. */
  readonly checksum: string | undefined;
  readonly dest: string | undefined;
  readonly repo: string | undefined;
  readonly tag: string | undefined;
  readonly version: string | undefined;
  readonly groups: readonly string[];
  /** Would the download role fetch it on this host? */
  readonly required: boolean;
  /** What `enabled` rests on: `kube_network_plugin = calico`; `always` when it is a plain true. */
  readonly cause: string;
  readonly broken: readonly BrokenField[];
  /** Every field, evaluated. */
  readonly fields: ReadonlyMap<string, PythonValue>;
}

/** Items that `downloads` may have; kubespray has about a hundred. */
const most = 2000;

/**
 * Evaluates every item for one host.
 * @throws TemplateFailure when `downloads` itself is no dictionary, or a bound is met.
 */
export function evaluateItems(checkout: Checkout, host: Templar): readonly DownloadItem[] {
  const raw = host.rawOf("downloads");
  const downloads = typeof raw === "string" ? host.template(raw) : raw;
  if (!(downloads instanceof Dict))
    throw new TemplateFailure("wrong", `"downloads" is no dictionary but a ${typeName(downloads ?? null)}`);
  if (downloads.size > most) throw new TemplateFailure("limit", `"downloads" has ${downloads.size} items`);
  const items = downloads.entries().map(([name, value]) => evaluateItem(checkout, host, String(unwrap(name)), value));
  return [...items, ...kubeadmItems(checkout, host, (name, value) => evaluateItem(checkout, host, name, value))];
}

function evaluateItem(checkout: Checkout, host: Templar, name: string, raw: PythonValue): DownloadItem {
  const broken: BrokenField[] = [];
  const fields = new Map<string, PythonValue>();
  const attempt = <T>(field: string, expression: PythonValue, act: () => T): T | undefined => {
    try {
      return act();
    } catch (thrown) {
      if (thrown instanceof TemplateFailure && thrown.kind !== "limit") {
        broken.push({ field, expression: expressionOf(expression), reason: thrown.message });
        return undefined;
      }
      throw overBounds(name, field, expression, thrown);
    }
  };
  const written = attempt("", raw, () => (typeof raw === "string" ? host.template(raw) : raw));
  if (!(written instanceof Dict)) {
    if (broken.length === 0) broken.push({ field: "", expression: expressionOf(raw), reason: "it is no dictionary" });
  } else
    for (const [key, value] of written.entries()) {
      const found = attempt(String(unwrap(key)), value, () => readable(host.template(value)));
      if (found !== undefined) fields.set(String(unwrap(key)), found);
    }
  const text = (field: string): string | undefined => {
    const value = fields.get(field);
    return value === undefined || value === null ? undefined : str(value, host.budget);
  };
  const flag = (field: string): boolean => isTruthy(fields.get(field) ?? false);
  const checksum = text("checksum") ?? text("sha256");
  const kind = flag("container") ? "image" : flag("file") ? "file" : undefined;
  const groups = fields.get("groups") ?? [];
  const item = new Dict([
    ["key", name],
    ["value", new Dict(fields)],
  ]);
  const { when, vars } = checkout.conditions;
  const wanted = attempt("when", when, () => {
    const own = new Map<string, PythonValue>([["item", item], ...vars.entries().map(entryOf)]);
    return host.withVariables(own).conditionHolds(when);
  });
  return {
    name,
    kind,
    enabled: flag("enabled"),
    url: text("url"),
    digest: kind === "file" && checksum !== undefined ? checksumDigest(checksum) : undefined,
    checksum,
    dest: text("dest"),
    repo: text("repo"),
    tag: text("tag"),
    version: text("version"),
    groups: (isList(groups) ? groups : [groups]).map((group) => str(group, host.budget)),
    required: wanted ?? false,
    cause: written instanceof Dict ? causeOf(written.get("enabled") ?? false, host) : "",
    broken,
    fields,
  };
}

function entryOf([key, value]: readonly [PythonValue, PythonValue]): [string, PythonValue] {
  return [String(unwrap(key)), value];
}

/** @throws TemplateFailure for what is encrypted or rests on something undefined. */
function readable(value: PythonValue): PythonValue {
  if (value instanceof Undefined) throw new TemplateFailure("undefined", value.message);
  if (value instanceof VaultEncrypted)
    throw new TemplateFailure("wrong", `it needs ${value.source}, which is encrypted with Ansible Vault`);
  return unwrap(value);
}

/** Bare hex (to 2.27), `sha256:…` or `sha512:…` (from 2.28); anything else, such as 0, is no digest. */
export function checksumDigest(checksum: string): Digest | undefined {
  return parseDigest(/^[0-9a-f]{64}$/.test(checksum) ? `sha256:${checksum}` : checksum);
}

function expressionOf(value: PythonValue): string {
  if (isList(value)) return value.map(expressionOf).join(" and ");
  const text = typeof value === "string" ? value : value === null ? "" : typeName(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** A bound that was met, and where. A stack that overflowed is one as well. */
function overBounds(name: string, field: string, expression: PythonValue, cause: unknown): unknown {
  const known = cause instanceof TemplateFailure || cause instanceof RangeError;
  if (!known) return cause;
  const reason = cause instanceof RangeError ? "it is nested too deeply" : messageOf(cause);
  return new TemplateFailure(
    "limit",
    `Cannot evaluate ${field} of "${name}" ("${expressionOf(expression)}"): ${reason}`,
    cause,
  );
}

/** The variables in an `enabled`, with their values, for people. */
export function causeOf(enabled: PythonValue, host: Templar): string {
  if (typeof enabled === "boolean") return enabled ? "always" : "never";
  if (typeof enabled !== "string") return "";
  const names = [...new Set(namesIn(enabled))];
  const said = names.flatMap((name) => {
    try {
      const value = host.variable(name);
      if (value === undefined || value instanceof Undefined) return [];
      const text = str(value);
      return text.length > 60 ? [] : [`${name} = ${text}`];
    } catch {
      // The item's own failure says more than this would.
      return [];
    }
  });
  return said.join(", ");
}

const words = new Set(["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"]);

/** Names in an expression that are neither texts, attributes, filters nor tests. */
function namesIn(expression: string): string[] {
  const bare = expression
    .slice(0, 2000)
    .replace(/'[^']*'|"[^"]*"/g, " ")
    .replace(/(?:\||\bis\s+not\b|\bis\b|\.)\s*\w+/g, " ");
  return [...bare.matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name).filter((name) => !words.has(name));
}
