// kso.yaml: found in the working directory or named by --config. Its settings become the values of flags that were not typed.
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { KsoError, messageOf } from "../../core/errors.ts";
import type { Output } from "../command.ts";
import type { OptionArguments } from "../flags/argv.ts";
import { type FlagKey, flags } from "../flags/table.ts";
import { readSettings } from "./read.ts";
import type { Settings, SettingValue } from "./schema.ts";

/** More than anyone writes by hand. Bytes. */
const maxSize = 1_000_000;

/**
 * What the file at the path says of the flags of `keys`; what counts is told. `typed`: flags that stand on the command line, and win.
 * @throws KsoError `usage` when the file is broken, or named and not there.
 */
export function settingsFrom(
  path: string,
  keys: readonly FlagKey[],
  typed: OptionArguments,
  output: Output,
): OptionArguments {
  const settings = readSettings(textAt(path), path);
  const options = new Map<FlagKey, readonly string[]>();
  for (const key of keys) {
    const { name, setting } = flags[key];
    const value = settings[name];
    if (setting === undefined || value === undefined || typed.has(key)) continue;
    options.set(key, setting === "path" ? textsOf(value).map((text) => beside(path, text)) : textsOf(value));
  }
  if (options.size > 0) output.tell(`${path}: ${[...options.keys()].map((key) => flags[key].name).join(", ")}`);
  return options;
}

function textsOf(value: SettingValue): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return [...value];
  return Object.entries(value as Exclude<Settings[string], string | readonly string[]>).flatMap(([host, urls]) =>
    textsOf(urls).map((url) => `${host}=${url}`),
  );
}

/** A path in the file counts from the file; no shell stands between it and `~`. */
function beside(path: string, text: string): string {
  if (text === "~" || text.startsWith("~/")) return join(homedir(), text.slice(1));
  return isAbsolute(text) ? text : join(dirname(path), text);
}

function textAt(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > maxSize) throw new Error(`it has ${size} bytes, more than any configuration`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "there is no such file" : messageOf(cause);
    throw new KsoError("usage", `Cannot read ${path} (--config): ${reason}`, cause);
  }
}
