// kso.yaml as a document: its settings, and the lines that messages name. Every scalar is text: YAML itself would read `kube: 1.30` as
// 1.3.
import * as v from "valibot";
import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { KsoError } from "../core/errors.ts";
import { innermostIssue } from "../core/extra-form.ts";
import { nearestOrAll } from "../core/suggest.ts";
import { sections } from "../flags/sections.ts";
import { type FlagKey, flagKeys, flags } from "../flags/table.ts";
import { configSchema, inlineSchemas, namesBelow, type Settings, topNames } from "./schema.ts";

/**
 * Reads the text of the file at `path`.
 * @throws KsoError `usage` naming the file, the line and the reason.
 */
export function readSettings(text: string, path: string): Settings {
  return new SettingsDocument(text, path).settings();
}

const inlineNames: ReadonlySet<string> = new Set([...inlineSchemas.keys()].map((key) => flags[key].name));

/** A parsed file, with the places that messages name. */
export class SettingsDocument {
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(text: string, path: string) {
    this.#path = path;
    this.#document = this.#parsed(text);
  }

  #parsed(text: string): Document {
    try {
      return parseDocument(text, { schema: "failsafe", lineCounter: this.#lines, prettyErrors: false });
    } catch {
      // The parser calls itself for each level, until the engine stops it.
      return this.#fail(undefined, "it is nested too deep");
    }
  }

  /** @throws KsoError `usage` naming the line of a setting. */
  refuse(place: readonly string[], reason: string): never {
    return this.#fail(this.#offsetOfKey(place), reason);
  }

  settings(): Settings {
    const { errors, warnings, contents } = this.#document;
    const [error] = [...errors, ...warnings];
    if (error) this.#fail(error.pos[0], clause(error.message));
    if (contents === null || (isScalar(contents) && contents.source === "")) return {};
    if (!isMap(contents)) return this.#fail(contents.range?.[0], "it must be settings, one a line: kube: 1.35");
    this.#assertNames(contents, []);
    return this.#checked();
  }

  #assertNames(contents: YAMLMap, path: readonly string[]): void {
    const names = path.length === 0 ? topNames : namesBelow(path);
    for (const { key, value } of contents.items) {
      const name = isScalar(key) ? String(key.value) : "";
      if (!names?.includes(name)) this.#fail(offsetOf(key), unknownSetting(name, path, names ?? []));
      const section = isAlias(value) ? value.resolve(this.#document) : value;
      if (isMap(section) && namesBelow([...path, name])) this.#assertNames(section, [...path, name]);
    }
  }

  #checked(): Settings {
    const result = v.safeParse(configSchema, this.#values());
    if (result.success) return result.output;
    const [issue] = result.issues;
    const isInline = inlineNames.has(String(issue.path?.[0]?.key));
    const { keys, message } = isInline
      ? innermostIssue(issue)
      : { ...issue, keys: (issue.path ?? []).map(({ key }) => key) };
    // An empty value has no offset of its own.
    const offset =
      offsetOf(this.#document.getIn(keys, true)) ||
      (isInline && offsetOf(this.#document.getIn(keys.slice(0, -1), true))) ||
      this.#offsetOfKey(keys.map(String));
    return this.#fail(offset || undefined, `${keys.join(".")} ${message}`);
  }

  /** Where the key stands, or the last one above it. */
  #offsetOfKey(place: readonly string[]): number | undefined {
    let node: unknown = this.#document.contents;
    let offset: number | undefined;
    for (const name of place) {
      const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
      if (!pair) break;
      offset = offsetOf(pair.key);
      node = pair.value;
    }
    return offset;
  }

  #values(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch (thrown) {
      // Aliases that are undefined, or expand to too much.
      return this.#fail(undefined, clause(thrown instanceof Error ? thrown.message : String(thrown)));
    }
  }

  #fail(offset: number | undefined, reason: string): never {
    const line = offset === undefined ? "" : `line ${this.#lines.linePos(offset).line}: `;
    throw new KsoError("usage", `Cannot use ${this.#path}: ${line}${reason}`);
  }
}

/** Why a name means nothing where it stands: `path` is empty at the top. */
function unknownSetting(name: string, path: readonly string[], names: readonly string[]): string {
  const below = path.length > 0 ? ` below ${path.join(".")}` : "";
  const places = placesOf(name).filter((place) => place.startsWith(path.join(".")));
  if (places.length > 0 && path.length > 0)
    return `"${name}" is not a setting${below}; it stands below ${places.join(", ")}`;
  if (places.length > 0) return `"${name}" stands below a command's name: ${places.join(", ")}`;
  const named = flagKeys.filter((key) => flags[key].name === name);
  if (named.length > 0 && named.every((key) => flags[key].oneTime !== undefined))
    return `"${name}" is not a setting: it is said on the command line alone`;
  return `"${name}" is not a setting${below}${nearestOrAll(name, names)}`;
}

/** The commands and subcommands below whose names a setting stands: `push`, `config.kubespray`. */
function placesOf(name: string): string[] {
  const isNamed = (key: FlagKey): boolean => flags[key].name === name;
  return Object.entries(sections).flatMap(([command, { keys, parts = {} }]) => [
    ...(keys.some(isNamed) ? [command] : []),
    ...Object.keys(parts).flatMap((part) => (parts[part]?.some(isNamed) ? [`${command}.${part}`] : [])),
  ]);
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The parser's sentence in the form of kso's messages: one line, without a full stop. */
function clause(sentence: string): string {
  return sentence.replace(/\s+/g, " ").replace(/\.$/, "");
}
