// kso.yaml: found in the working directory or named by --config. Its settings become the values of flags that were not typed.
import { lstatSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";
import { pluginFiles } from "../../catalog/user-plugins.ts";
import { readText } from "../../files/read.ts";
import { statsAt } from "../../files/stats.ts";
import type { OptionArguments } from "../../flags/argv.ts";
import { sections } from "../../flags/sections.ts";
import { type Flag, type FlagKey, flags } from "../../flags/table.ts";
import { pathParts } from "../../flags/values.ts";
import { SettingsDocument } from "../../settings/document.ts";
import type { Settings, SettingValue } from "../../settings/schema.ts";
import { TrustedFiles } from "../../trust/trusted-files.ts";
import type { Output } from "../command.ts";
import { configDirectory } from "../environment.ts";

/** More than anyone writes by hand. Bytes. */
const maxSize = 1_000_000;

/** A kso.yaml, named by a flag, or found in the working directory. */
export interface SettingsFile {
  readonly path: string;
  readonly isFound: boolean;
}

/** The command that is run: its words (`config kubespray …`) and the flags that it has with them. */
export interface ConfiguredCommand {
  readonly words: readonly string[];
  readonly keys: readonly FlagKey[];
}

/**
 * The option-arguments that the file has for the command; their names are printed. `typed`: flags of the command line, which win over
 * the file.
 * @throws KsoError `usage` when the file is broken, or named and not there; or found, and names plugins that nobody has trusted.
 */
export function settingsFrom(
  { path, isFound }: SettingsFile,
  command: ConfiguredCommand,
  typed: OptionArguments,
  output: Output,
): OptionArguments {
  const [checkout] = typed.get("kubesprayDir") ?? [];
  if (isFound && checkout !== undefined && liesIn(path, checkout)) {
    output.tell(`note: ${path} is not read, it lies in the checkout ${checkout}; --config ${path} takes it`);
    return new Map();
  }
  const document = new SettingsDocument(readText(path, "--config", maxSize), path);
  const found = settingsFor(document.settings(), command, typed);
  const options = new Map([...found].map(([key, { value }]) => [key, argumentsOf(flags[key], value, path)]));
  if (isFound) {
    assertTrusted(document, path, options, found);
    assertNear(document, path, options, found);
  }
  if (found.size > 0) output.tell(`${path}: ${[...found.values()].map(({ place }) => place.join(".")).join(", ")}`);
  // What is switched off is as if it were not typed.
  return new Map([...options].filter(([, texts]) => texts.length > 0));
}

/** A setting that counts for a command, and where it stands: `["serve", "files"]`. */
interface FoundSetting {
  readonly place: readonly string[];
  readonly value: SettingValue;
}

/** The settings that count for a command: what stands below its name wins over what stands at the top. */
function settingsFor(
  settings: Settings,
  { words, keys }: ConfiguredCommand,
  typed: OptionArguments,
): Map<FlagKey, FoundSetting> {
  const [command = "", subcommand = ""] = words;
  const found = new Map<FlagKey, FoundSetting>();
  for (const key of keys) {
    const { name, setting, below, adds } = flags[key];
    if (setting === undefined || (typed.has(key) && !adds)) continue;
    const places = [[command, subcommand, name], [command, name], ...(below ? [] : [[name]])];
    const place = places.find((one) => valueAt(settings, one) !== undefined);
    if (place) found.set(key, { place, value: valueAt(settings, place) as SettingValue });
  }
  return found;
}

function valueAt(settings: Settings, place: readonly string[]): SettingValue | Settings | undefined {
  return place.reduce<SettingValue | Settings | undefined>(
    (value, name) => (typeof value === "object" && Object.hasOwn(value, name) ? (value as Settings)[name] : undefined),
    settings,
  );
}

function argumentsOf({ type, setting, pathPart, inline }: Flag, value: SettingValue, path: string): string[] {
  // Whoever reads that file finds the content below the flag's name.
  if (inline && typeof value === "object" && !Array.isArray(value)) return [path];
  if (type === "switch") return value === "true" ? [""] : [];
  return textsOf(value).map((text) =>
    setting === "path"
      ? text.replace(pathParts[pathPart ?? "all"], (_, before = "", part = "") => `${before}${pathFrom(path, part)}`)
      : text,
  );
}

/**
 * The command line that says alone what the typed one and the file say together: for whoever runs it elsewhere. What a service keeps in
 * its own directory is named as the file names it.
 */
export function wholeCommandLine(
  file: SettingsFile,
  { words, keys }: ConfiguredCommand,
  typed: OptionArguments,
): string[] {
  const folder = dirname(file.path);
  const settings = settingsFrom(file, { words, keys }, typed, { data: () => undefined, tell: () => undefined });
  const isKept = (key: FlagKey): boolean => flags[key].service === "state" && !typed.has(key);
  const options = [...typed, ...settings].filter(([key]) => key !== "config");
  const optionWords = options.flatMap(([key, texts]) =>
    texts.flatMap((text) => {
      const { name, value } = flags[key];
      const isInside = isKept(key) && !relative(folder, text).startsWith("..");
      return [`--${name}`, ...(value === undefined ? [] : [isInside ? relative(folder, text) : text])];
    }),
  );
  return [...words.slice(1), ...optionWords];
}

/** The plugins that a file would run, whatever the command. @throws KsoError `usage` when the file is broken. */
export function pluginsNamedIn(path: string): readonly string[] {
  const settings = new SettingsDocument(readText(path, "--config", maxSize), path).settings();
  const named = ["", ...Object.keys(sections)].flatMap((command) => {
    const setting = settingsFor(settings, { words: [command], keys: ["plugin"] }, new Map()).get("plugin");
    return setting ? argumentsOf(flags.plugin, setting.value, path) : [];
  });
  return pluginFiles([...new Set(named)]);
}

/** @throws KsoError `usage` naming the line, the setting, and what to do. */
function assertTrusted(
  document: SettingsDocument,
  path: string,
  options: OptionArguments,
  found: ReadonlyMap<FlagKey, FoundSetting>,
): void {
  const key = [...options.keys()].find((candidate) => flags[candidate].runsCode);
  if (key === undefined) return;
  const { name } = flags[key];
  const refuse = (why: string, advice: string): never =>
    document.refuse(
      found.get(key)?.place ?? [name],
      `${name} in a file that was found and not named: it runs code, and ${why}; ${advice}`,
    );
  const named = `--config ${path} takes it as it is`;
  const [checkout] = options.get("kubesprayDir") ?? [];
  if (checkout !== undefined && liesIn(path, checkout)) refuse("the file lies in the checkout that it names", named);
  const trusted = new TrustedFiles(configDirectory());
  const advice = `look at it, then run kso trust ${dirname(path)}, or name it: ${named}`;
  const fault = trusted.faultOf({ path, plugins: pluginFiles(options.get("plugin") ?? []) });
  if (fault !== undefined) refuse(fault, advice);
}

/** Refuses a file that lines would be added to and that lies elsewhere. @throws KsoError `usage` naming the line and the setting. */
function assertNear(
  document: SettingsDocument,
  path: string,
  options: OptionArguments,
  found: ReadonlyMap<FlagKey, FoundSetting>,
): void {
  for (const [key, { place }] of found) {
    const far = options.get(key)?.find((file) => flags[key].appends && !isNear(file, dirname(path)));
    if (far !== undefined)
      document.refuse(
        place,
        `${place.join(".")} in a file that was found and not named: ${far} lies outside its folder; --config ${path} takes it as it is`,
      );
  }
}

/** Whether a file lies in a folder, or will, and is no link. */
function isNear(file: string, folder: string): boolean {
  return !lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() && liesIn(dirname(file), folder);
}

/** Whether a file lies in a folder, links followed; nothing lies in one that is not there. */
function liesIn(path: string, folder: string): boolean {
  if (!statsAt(folder) || !statsAt(path)) return false;
  const below = relative(realpathSync(folder), realpathSync(path));
  return below !== ".." && !below.startsWith("../") && !isAbsolute(below);
}

function textsOf(value: SettingValue): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return [...value];
  return Object.entries(value as Exclude<SettingValue, string | readonly string[]>).flatMap(([host, urls]) =>
    textsOf(urls).map((url) => `${host}=${url}`),
  );
}

/** A path of the file as an absolute or working one: it is relative to the file, and no shell has expanded `~`. */
function pathFrom(path: string, text: string): string {
  if (text === "~" || text.startsWith("~/")) return join(homedir(), text.slice(1));
  return isAbsolute(text) ? text : join(dirname(path), text);
}
