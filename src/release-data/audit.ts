// Is everything that roles name owned by a plugin, or waived by name? In travel references and what plugins contribute; out
// travels what nobody answers for. A template is compared by its fixed words: expressions that are more than a variable may be
// anything. So a repository that moved, or a new one, is found before a cluster asks for it.
import type { Contribution } from "../core/plugin.ts";
import type { RoleReference, RoleReferences } from "./references.ts";
import { waivers as usual, type Waiver } from "./waivers.ts";

/** A reference that nobody answers for. */
export interface Unowned extends RoleReference {
  /** With its variables filled in; `*` is what cannot be known. */
  readonly reads: readonly string[];
}

/** What the audit came to. */
export interface Audit {
  readonly unowned: readonly Unowned[];
  readonly owned: number;
  readonly waived: readonly { readonly reference: RoleReference; readonly reason: string }[];
}

/** Values that one template may come to, at most. */
const most = 32;
/** Longer than any name. */
const longest = 500;
const wildcard = "\u0000";

export function audit(
  { found, variables }: RoleReferences,
  contributions: readonly Contribution[],
  waivers: readonly Waiver[] = usual,
): Audit {
  const images = new Set(contributions.flatMap((item) => (item.kind === "image" ? item.image : [])));
  const urls = new Set(contributions.flatMap((item) => (item.kind === "file" ? item.url : [])));
  const known = {
    image: [...images],
    repository: [...new Set([...images].map((image) => image.slice(0, image.lastIndexOf(":"))))],
    url: [...urls],
  };
  const result = { unowned: [] as Unowned[], owned: 0, waived: [] as { reference: RoleReference; reason: string }[] };
  const expanded: Expansions = new Map();
  for (const reference of found) {
    const reads = readingsOf(reference, variables, expanded);
    const strangers = reads.filter((text) => !isKnown(text, reference.kind, known[reference.kind]));
    const waiver = waivers.find(({ name }) => name.test(reference.name));
    if (strangers.length === 0 && reads.length > 0) result.owned++;
    else if (waiver) result.waived.push({ reference, reason: waiver.reason });
    else result.unowned.push({ ...reference, reads: strangers.map((text) => text.replaceAll(wildcard, "*")) });
  }
  return result;
}

/** A variable may also hold the head of names that others complete: `quay.io`, `https://github.com`. */
function isKnown(text: string, kind: RoleReference["kind"], known: readonly string[]): boolean {
  const pattern = matcher(text);
  return known.some((one) => pattern.test(one) || (kind !== "image" && one.startsWith(`${text}/`)));
}

/** Every text that the reference may come to; nothing where it only repeats variables that are looked at by themselves. */
function readingsOf(
  { kind, text }: RoleReference,
  variables: RoleReferences["variables"],
  known: Expansions,
): string[] {
  const readings = branches(text).flatMap((branch) => expand(branch, variables, known));
  const said = readings.filter((reading) => reading !== "false" && reading !== "");
  return [...new Set(kind === "url" ? said : said.map(withHost))];
}

/** `{% if … %}A{% else %}B{% endif %}` is A or B. */
function branches(text: string): string[] {
  if (!/^\{%-?\s*if\b/.test(text)) return [text.replace(/\{%.*?%\}/g, "")];
  return text
    .split(/\{%.*?%\}/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** What variables come to, once each; one that needs itself may be anything. */
type Expansions = Map<string, readonly string[]>;

function expand(text: string, variables: RoleReferences["variables"], known: Expansions): readonly string[] {
  let results: readonly string[] = [""];
  let end = 0;
  for (const { 0: whole, 1: name = "", index } of text.matchAll(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g)) {
    const fixed = text.slice(end, index);
    const values = valuesOf(name, variables, known);
    results = bounded(results.flatMap((head) => values.map((value) => head + fixed + value)));
    end = index + whole.length;
  }
  return results.map((head) => head + text.slice(end));
}

function valuesOf(name: string, variables: RoleReferences["variables"], known: Expansions): readonly string[] {
  const there = known.get(name);
  if (there) return there;
  known.set(name, [wildcard]);
  const values = variables.get(name)?.flatMap((value) => expand(value, variables, known)) ?? [wildcard];
  known.set(name, bounded(values));
  return bounded(values);
}

/** Values that multiply, or grow, are as good as unknown. */
function bounded(values: readonly string[]): readonly string[] {
  const short = values.map((value) => (value.length > longest ? wildcard : value.replace(/\0+/g, wildcard)));
  return [...new Set(short)].slice(0, most);
}

/** An image without a host is Docker Hub's. */
function withHost(text: string): string {
  const [host = ""] = text.split("/");
  const named = text.includes("/") ? /[.:]/ : /\.[a-z]+(?=$|\0)/;
  if (host.startsWith(wildcard) || named.test(host)) return text;
  return `docker.io/${text.includes("/") ? "" : "library/"}${text}`;
}

/** Nothing but wildcards says nothing, and matches nothing. */
function matcher(text: string): RegExp {
  if (!/[a-z0-9]/i.test(text.replaceAll(wildcard, ""))) return /^$/;
  const escaped = text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replaceAll(wildcard, "\\S*");
  return new RegExp(`^${escaped}${/:[^/]*$/.test(text) || text.includes("://") ? "" : "(:latest)?"}$`);
}
