// kso.yaml: found in the working directory or named by --config. Its settings become the values of flags that were not typed.
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { KsoError, messageOf } from "../../core/errors.ts";
import type { Output } from "../command.ts";
import type { Arguments, Flag } from "../options.ts";
import { readSettings } from "./read.ts";
import type { Settings, Value } from "./schema.ts";

/** More than anyone writes by hand. Bytes. */
const longest = 1_000_000;

/**
 * What was typed, over what the file says; what the file adds is told.
 * @throws KsoError `usage` when the file is broken, or named and not there.
 */
export function withSettings(args: Arguments, flags: readonly Flag[], path: string, output: Output): Arguments {
  const settings = readSettings(textAt(path), path);
  const values = new Map<string, readonly string[]>();
  for (const { name, config } of flags) {
    const value = settings[name];
    if (config === undefined || value === undefined || args.has(name)) continue;
    values.set(name, config === "path" ? textsOf(value).map((text) => beside(path, text)) : textsOf(value));
  }
  if (values.size > 0) output.tell(`${path}: ${[...values.keys()].join(", ")}`);
  return args.over(values);
}

function textsOf(value: Value): string[] {
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
    if (size > longest) throw new Error(`it has ${size} bytes, more than any configuration`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "there is no such file" : messageOf(cause);
    throw new KsoError("usage", `Cannot read ${path} (--config): ${reason}`, cause);
  }
}
