// Audits what roles name: a plugin owns every reference, or it is waived by name. So a repository that moved, or a new one, is found
// before a cluster asks for it. A template is compared by its fixed text, because an expression that is more than a variable may
// have any value.
import { canonicalRepository, dockerHub } from "../core/docker-hub.ts";
import type { Contribution } from "../core/plugin.ts";
import type { RoleReference, RoleReferences } from "./references.ts";
import { waivers as allWaivers, type Waiver } from "./waivers.ts";

/** A reference that no plugin owns and nobody waived. */
export interface UnownedReference extends RoleReference {
  /** With its variables filled in; `*` is what cannot be known. */
  readonly reads: readonly string[];
}

/** The outcome of the audit. */
export interface Audit {
  readonly unowned: readonly UnownedReference[];
  readonly owned: number;
  readonly waived: readonly { readonly reference: RoleReference; readonly reason: string }[];
}

/** The number of values that one template may have, at most. */
const maxValues = 32;
/** The longest value that is followed up: longer than any name. Characters. */
const maxLength = 500;
/** Stands in a value for text that cannot be known. */
const wildcard = "\u0000";

/** Looks for an owner, or else a waiver, of every reference. */
export function auditReferences(
  { references, variables }: RoleReferences,
  contributions: readonly Contribution[],
  waivers: readonly Waiver[] = allWaivers,
): Audit {
  const contributed = contributedNames(contributions);
  const values = new VariableValues(variables);
  const unowned: UnownedReference[] = [];
  const waived: { reference: RoleReference; reason: string }[] = [];
  for (const reference of references) {
    const readings = readingsOf(reference, values);
    const unknown = readings.filter((text) => !isContributed(text, reference.kind, contributed[reference.kind]));
    if (unknown.length === 0 && readings.length > 0) continue;
    const waiver = waivers.find(({ name }) => name.test(reference.name));
    if (waiver) waived.push({ reference, reason: waiver.reason });
    else unowned.push({ ...reference, reads: unknown.map((text) => text.replaceAll(wildcard, "*")) });
  }
  return { unowned, owned: references.length - unowned.length - waived.length, waived };
}

function contributedNames(
  contributions: readonly Contribution[],
): Readonly<Record<RoleReference["kind"], readonly string[]>> {
  const images = new Set(contributions.flatMap((item) => (item.kind === "image" ? item.image : [])));
  const urls = new Set(contributions.flatMap((item) => (item.kind === "file" ? item.url : [])));
  return {
    image: [...images],
    repository: [...new Set([...images].map((image) => image.slice(0, image.lastIndexOf(":"))))],
    url: [...urls],
  };
}

/** A variable may also hold the head of names that others complete: `quay.io`, `https://github.com`. */
function isContributed(text: string, kind: RoleReference["kind"], names: readonly string[]): boolean {
  const pattern = patternOf(text);
  return names.some((name) => pattern.test(name) || (kind !== "image" && name.startsWith(`${text}/`)));
}

/** Every text that the reference may stand for; none where it only repeats variables, which are references themselves. */
function readingsOf({ kind, text }: RoleReference, values: VariableValues): string[] {
  const readings = branches(text)
    .flatMap((branch) => values.expand(branch))
    .filter((reading) => reading !== "false" && reading !== "");
  return [...new Set(kind === "url" ? readings : readings.map(withHost))];
}

/** `{% if … %}A{% else %}B{% endif %}` is A or B. */
function branches(text: string): string[] {
  if (!/^\{%-?\s*if\b/.test(text)) return [text.replace(/\{%.*?%\}/g, "")];
  return text
    .split(/\{%.*?%\}/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** The values that variables may have, each evaluated once; a variable that depends on itself may have any value. */
class VariableValues {
  readonly #variables: RoleReferences["variables"];
  readonly #values = new Map<string, readonly string[]>();
  constructor(variables: RoleReferences["variables"]) {
    this.#variables = variables;
  }

  /** Every text that a template may evaluate to. */
  expand(template: string): readonly string[] {
    let heads: readonly string[] = [""];
    let end = 0;
    for (const { 0: expression, 1: name = "", index } of template.matchAll(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g)) {
      const fixed = template.slice(end, index);
      const values = this.#valuesOf(name);
      heads = bounded(heads.flatMap((head) => values.map((value) => head + fixed + value)));
      end = index + expression.length;
    }
    return heads.map((head) => head + template.slice(end));
  }

  #valuesOf(name: string): readonly string[] {
    const existing = this.#values.get(name);
    if (existing) return existing;
    this.#values.set(name, [wildcard]);
    const texts = this.#variables.get(name)?.flatMap((text) => this.expand(text)) ?? [wildcard];
    const values = bounded(texts);
    this.#values.set(name, values);
    return values;
  }
}

/** The values without repetition; one that is too long counts as unknown, and what is beyond the limit is left out. */
function bounded(values: readonly string[]): readonly string[] {
  const short = values.map((value) => (value.length > maxLength ? wildcard : value.replace(/\0+/g, wildcard)));
  return [...new Set(short)].slice(0, maxValues);
}

/** The image with its host: one without a host is Docker Hub's. */
function withHost(text: string): string {
  const [host = ""] = text.split("/");
  const hostPattern = text.includes("/") ? /[.:]/ : /\.[a-z]+(?=$|\0)/;
  if (host.startsWith(wildcard) || hostPattern.test(host)) return text;
  return `${dockerHub}/${canonicalRepository(dockerHub, text)}`;
}

/** The pattern of a text with wildcards. A text of nothing else matches nothing. */
function patternOf(text: string): RegExp {
  if (!/[a-z0-9]/i.test(text.replaceAll(wildcard, ""))) return /^$/;
  const escaped = text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replaceAll(wildcard, "\\S*");
  return new RegExp(`^${escaped}${/:[^/]*$/.test(text) || text.includes("://") ? "" : "(:latest)?"}$`);
}
