// What may stand in kso.yaml: the flags that the table says may be set there, under their own names.
import * as v from "valibot";
import { type Flag, flags } from "../../flags/table.ts";

/** A setting's value as the file has it: kso reads every scalar as text. */
export type SettingValue = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>;

/** Setting → value. */
export type Settings = Readonly<Record<string, SettingValue>>;

const text = v.pipe(v.string("must be text"), v.nonEmpty("has no value"));
const texts = v.union([text, v.array(text)], "must be one or a list");
// An editor's own YAML takes 1.30 for a number; kso never does.
const version = v.union([text, v.number()], "must be a version");
const mirrors = v.union(
  [text, v.array(text), v.record(v.string(), texts)],
  "must be host: url, host: [urls], or a list of HOST=URL",
);

function schemaOf({ type, choices }: Flag): v.GenericSchema {
  if (choices) return v.picklist(choices, `is ${choices.join(" or ")}`);
  if (type === "version" || type === "count") return version;
  if (type === "list" || type === "texts" || type === "platforms") return texts;
  return type === "mirrors" ? mirrors : text;
}

const settable = Object.values(flags).filter(({ setting }) => setting !== undefined);
const entries = settable.map(
  (flag) => [flag.name, v.optional(v.pipe(schemaOf(flag), v.description(flag.help)))] as const,
);

/** The names of all settings. */
export const settingNames: readonly string[] = settable.map(({ name }) => name);

/** What may stand in the file, one key a flag. */
export const configSchema = v.strictObject(Object.fromEntries(entries)) as unknown as v.GenericSchema<
  unknown,
  Settings
>;
