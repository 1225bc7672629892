// The JSON Schemas of both kinds of manifest and of kso.yaml, made from the very schemas that check them: `bun tests/support/schemas.ts`.
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import fs from "fs-extra";
import type { GenericSchema } from "valibot";
import { mirrorPresetSchema, profileSchema } from "../../src/catalog/presets.ts";
import { componentSchema, releaseSchema } from "../../src/catalog/schema.ts";
import { lockSchema } from "../../src/core/lock.ts";
import { configSchema, settingSchemas } from "../../src/settings/schema.ts";
import { root } from "./paths.ts";

export const folder: string = join(root, "manifests/schema");

/** File name → its text. */
export const schemas: ReadonlyMap<string, string> = new Map([
  ["component.json", render(componentSchema, "A component: versions and published digests")],
  ["release.json", render(releaseSchema, "A kubespray release: what it pins and lists")],
  ["profile.json", render(profileSchema, "A profile: what a kind of site does without")],
  ["mirrors.json", render(mirrorPresetSchema, "Public mirrors under one name")],
  ["lock.json", render(lockSchema, "kso.lock.json, and kso/lock.json in a bundle: what, from where, and which bytes")],
  ["config.json", render(configSchema, "kso.yaml: flags in a file", Object.fromEntries(settingSchemas))],
]);

function render(
  schema: GenericSchema,
  title: string,
  definitions: Readonly<Record<string, GenericSchema>> = {},
): string {
  // What only code can check (a path that stays below its host) is not in it.
  return `${JSON.stringify({ title, ...toJsonSchema(schema, { definitions, ignoreActions: ["check"] }) }, null, 2)}\n`;
}

if (import.meta.main) for (const [name, text] of schemas) await fs.outputFile(join(folder, name), text);
