// kso.yaml: found in the working directory or named by --config. Its settings become the values of flags that were not typed. Every
// scalar is text: YAML itself would read `kube: 1.30` as 1.3.
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";
import * as v from "valibot";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { pluginFiles } from "../../catalog/user-plugins.ts";
import { KsoError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { readText } from "../../files/read.ts";
import { statsAt } from "../../files/stats.ts";
import type { OptionArguments } from "../../flags/argv.ts";
import { type FlagKey, flags } from "../../flags/table.ts";
import { pathParts } from "../../flags/values.ts";
import { TrustedFiles } from "../../trust/trusted-files.ts";
import type { Output } from "../command.ts";
import { configDirectory } from "../environment.ts";
import { configSchema, type Settings, type SettingValue, settingNames } from "./schema.ts";

/** More than anyone writes by hand. Bytes. */
const maxSize = 1_000_000;

/** A kso.yaml, named by a flag, or found in the working directory. */
export interface SettingsFile {
  readonly path: string;
  readonly isFound: boolean;
}

/**
 * The option-arguments that the file has for the flags of `keys`; their names are printed. `typed`: flags of the command line, which
 * win over the file.
 * @throws KsoError `usage` when the file is broken, or named and not there; or found, and names plugins that nobody has trusted.
 */
export function settingsFrom(
  { path, isFound }: SettingsFile,
  keys: readonly FlagKey[],
  typed: OptionArguments,
  output: Output,
): OptionArguments {
  const [checkout] = typed.get("kubesprayDir") ?? [];
  if (isFound && checkout !== undefined && liesIn(path, checkout)) {
    output.tell(`note: ${path} is not read, it lies in the checkout ${checkout}; --config ${path} takes it`);
    return new Map();
  }
  const document = new SettingsDocument(readText(path, "--config", maxSize), path);
  const options = optionsIn(document.settings(), path, keys, typed);
  if (isFound) assertTrusted(document, path, options);
  if (options.size > 0) output.tell(`${path}: ${[...options.keys()].map((key) => flags[key].name).join(", ")}`);
  return options;
}

function optionsIn(
  settings: Settings,
  path: string,
  keys: readonly FlagKey[],
  typed: OptionArguments,
): OptionArguments {
  const options = new Map<FlagKey, readonly string[]>();
  for (const key of keys) {
    const { name, setting, pathPart = "all" } = flags[key];
    const value = settings[name];
    if (setting === undefined || value === undefined || typed.has(key)) continue;
    const texts = textsOf(value).map((text) =>
      setting === "path"
        ? text.replace(pathParts[pathPart], (_, before = "", part = "") => `${before}${pathFrom(path, part)}`)
        : text,
    );
    options.set(key, texts);
  }
  return options;
}

/** The plugins that these settings would run. */
export function pluginsIn(options: OptionArguments): readonly string[] {
  return pluginFiles(options.get("plugin") ?? []);
}

/** @throws KsoError `usage` naming the line, the setting, and what to do. */
function assertTrusted(document: SettingsDocument, path: string, options: OptionArguments): void {
  const key = [...options.keys()].find((candidate) => flags[candidate].runsCode);
  if (key === undefined) return;
  const { name } = flags[key];
  const refuse = (why: string, advice: string): never =>
    document.refuse(name, `${name} in a file that was found and not named: it runs code, and ${why}; ${advice}`);
  const named = `--config ${path} takes it as it is`;
  const [checkout] = options.get("kubesprayDir") ?? [];
  if (checkout !== undefined && liesIn(path, checkout)) refuse("the file lies in the checkout that it names", named);
  const trusted = new TrustedFiles(configDirectory());
  const advice = `look at it, then run kso trust ${dirname(path)}, or name it: ${named}`;
  const fault = trusted.faultOf({ path, plugins: pluginsIn(options) });
  if (fault !== undefined) refuse(fault, advice);
}

/** Whether a file lies in a folder, links followed; nothing lies in one that is not there. */
function liesIn(path: string, folder: string): boolean {
  if (!statsAt(folder)) return false;
  const below = relative(realpathSync(folder), realpathSync(path));
  return below !== ".." && !below.startsWith("../") && !isAbsolute(below);
}

function textsOf(value: SettingValue): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return [...value];
  return Object.entries(value as Exclude<Settings[string], string | readonly string[]>).flatMap(([host, urls]) =>
    textsOf(urls).map((url) => `${host}=${url}`),
  );
}

/** A path of the file as an absolute or working one: it is relative to the file, and no shell has expanded `~`. */
function pathFrom(path: string, text: string): string {
  if (text === "~" || text.startsWith("~/")) return join(homedir(), text.slice(1));
  return isAbsolute(text) ? text : join(dirname(path), text);
}

/**
 * Reads the text of the file at `path`.
 * @throws KsoError `usage` naming the file, the line and the reason.
 */
export function readSettings(text: string, path: string): Settings {
  return new SettingsDocument(text, path).settings();
}

/** A parsed file, with the places that messages name. */
class SettingsDocument {
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
  refuse(name: string, reason: string): never {
    const { contents } = this.#document;
    const key = isMap(contents)
      ? contents.items.find((item) => isScalar(item.key) && item.key.value === name)?.key
      : undefined;
    return this.#fail(offsetOf(key), reason);
  }

  settings(): Settings {
    const { errors, warnings, contents } = this.#document;
    const [error] = [...errors, ...warnings];
    if (error) this.#fail(error.pos[0], clause(error.message));
    if (contents === null || (isScalar(contents) && contents.source === "")) return {};
    if (!isMap(contents)) return this.#fail(contents.range?.[0], "it must be settings, one a line: kube: 1.35");
    this.#assertNames(contents);
    return this.#checked(contents);
  }

  #assertNames(contents: YAMLMap): void {
    for (const { key } of contents.items) {
      const name = isScalar(key) ? String(key.value) : "";
      if (settingNames.includes(name)) continue;
      const reason = `"${name}" is not a setting${didYouMean(name, settingNames)}; there are: ${settingNames.join(", ")}`;
      this.#fail(offsetOf(key), reason);
    }
  }

  #checked(contents: YAMLMap): Settings {
    const result = v.safeParse(configSchema, this.#values());
    if (result.success) return result.output;
    const [issue] = result.issues;
    const keys = (issue.path ?? []).map(({ key }) => key);
    const setting = contents.items.find(({ key }) => isScalar(key) && key.value === keys[0])?.key;
    // An empty value has no offset of its own.
    const offset = offsetOf(this.#document.getIn(keys, true)) || offsetOf(setting);
    return this.#fail(offset || undefined, `${keys.join(".")} ${issue.message}`);
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

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The parser's sentence in the form of kso's messages: one line, without a full stop. */
function clause(sentence: string): string {
  return sentence.replace(/\s+/g, " ").replace(/\.$/, "");
}
