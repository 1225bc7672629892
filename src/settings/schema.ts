// What may stand in kso.yaml: the flags that the table says may be set there, under their own names, at the top or below a command's.
import * as v from "valibot";
import { extraFormSchema } from "../core/extra-form.ts";
import { type CommandSection, sections, topKeys } from "../flags/sections.ts";
import { type Flag, type FlagKey, flagKeys, flags } from "../flags/table.ts";

/** A setting's value as the file has it: kso reads every scalar as text. */
export type SettingValue = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>;

/** Setting → value; below a command's name, the settings of that command. */
export interface Settings {
  readonly [name: string]: SettingValue | Settings;
}

const text = v.pipe(v.string("must be text"), v.nonEmpty("has no value"));
const texts = v.union([text, v.array(text)], "must be one or a list");
// An editor's own YAML takes 1.30 for a number; kso never does.
const versions = v.union([text, v.number(), v.array(v.union([text, v.number()]))], "must be a version or a list");
const amount = v.union([text, v.number()], "must be a number");
const pairs = (form: string): v.GenericSchema =>
  v.union([text, v.array(text), v.record(v.string(), texts)], `must be ${form}`);

const schemas: Partial<Record<Flag["type"], v.GenericSchema>> = {
  switch: v.union([v.picklist(["true", "false"]), v.boolean()], "is true or false"),
  versions,
  count: amount,
  seconds: amount,
  bytes: amount,
  list: texts,
  texts,
  platforms: texts,
  mirrors: pairs("host: url, host: [urls], or a list of HOST=URL"),
  digests: pairs("name: digest, or a list of NAME=DIGEST"),
};

function schemaOf({ type, choices }: Flag): v.GenericSchema {
  if (!choices) return schemas[type] ?? text;
  const choice = v.picklist(choices, `is ${choices.join(" or ")}`);
  return type === "list" ? v.union([choice, v.array(choice)], `is ${choices.join(" or ")}`) : choice;
}

/** Option → the schema of its value in the file. */
export const settingSchemas: ReadonlyMap<FlagKey, v.GenericSchema> = new Map(
  flagKeys
    .filter((key) => flags[key].setting !== undefined)
    .map((key) => [key, v.pipe(schemaOf(flags[key]), v.description(flags[key].help))]),
);

type Entry = readonly [name: string, schema: v.GenericSchema];

function entriesOf(keys: readonly FlagKey[]): Entry[] {
  return keys.flatMap((key) => {
    const schema = settingSchemas.get(key);
    return schema ? [[flags[key].name, v.optional(schema)]] : [];
  });
}

function sectionSchema(name: string, { keys, parts = {} }: CommandSection): v.GenericSchema {
  const further = Object.entries(parts).map(
    ([part, own]): Entry => [part, v.optional(v.strictObject(Object.fromEntries(entriesOf(own)), mustBeSettings))],
  );
  const fields = v.strictObject(Object.fromEntries([...entriesOf(keys), ...further]), mustBeSettings);
  return v.pipe(fields, v.metadata({ description: `settings of kso ${name} alone` }));
}

const mustBeSettings = "must be settings, one a line";

/** The flags whose file's content may stand at the top in place of its name, and what that is. */
export const inlineSchemas: ReadonlyMap<FlagKey, v.GenericSchema> = new Map([
  [
    "extra",
    v.pipe(
      v.union([texts, extraFormSchema], "must be a file, a list of files, or images, files and charts"),
      v.description(flags.extra.help),
    ),
  ],
]);

function topEntries(): Entry[] {
  return topKeys.flatMap((key) => {
    const schema = inlineSchemas.get(key);
    return schema ? [[flags[key].name, v.optional(schema)]] : entriesOf([key]);
  });
}

/** The names that may stand at the top: settings, then commands. */
export const topNames: readonly string[] = [...topKeys.map((key) => flags[key].name), ...Object.keys(sections)];

/** The names that may stand below a command's name, and below a subcommand's there; undefined where settings have none below. */
export function namesBelow(path: readonly string[]): readonly string[] | undefined {
  const [command = "", part] = path;
  const section = Object.hasOwn(sections, command) ? sections[command] : undefined;
  if (!section) return undefined;
  const keys = part === undefined ? section.keys : section.parts?.[part];
  const further = part === undefined ? Object.keys(section.parts ?? {}) : [];
  return keys && [...keys.map((key) => flags[key].name), ...further];
}

/** What may stand in the file. */
export const configSchema = v.strictObject(
  Object.fromEntries([
    ...topEntries(),
    ...Object.entries(sections).map(([name, section]): Entry => [name, v.optional(sectionSchema(name, section))]),
  ]),
) as unknown as v.GenericSchema<unknown, Settings>;
