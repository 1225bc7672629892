import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mirrorPresetSchema, profileSchema } from "../../src/catalog/presets.ts";
import { componentSchema, parseManifest, releaseSchema } from "../../src/catalog/schema.ts";
import { folder, schemas } from "../support/schemas.ts";

const manifests = join(folder, "..");
const json = (path: string): string[] => readdirSync(join(manifests, path)).filter((name) => name.endsWith(".json"));

test.each([...schemas])("%s is the schema that the code makes", (name, text) => {
  expect(readFileSync(join(folder, name), "utf8")).toBe(text);
});

test.each(json("."))("%s fits its schema", (name) => {
  expect(parseManifest(componentSchema, readFileSync(join(manifests, name), "utf8"), name).name).toBe(
    name.replace(".json", ""),
  );
});

test.each(json("releases"))("releases/%s fits its schema", (name) => {
  expect(parseManifest(releaseSchema, readFileSync(join(manifests, "releases", name), "utf8"), name).name).toBe(
    name.replace(".json", ""),
  );
});

test.each([
  ...json("profiles").map((name) => ["profiles", name, profileSchema] as const),
  ...json("mirrors").map((name) => ["mirrors", name, mirrorPresetSchema] as const),
])("%s/%s fits its schema", (kind, name, schema) => {
  const parsed = parseManifest<{ readonly name: string }>(
    schema,
    readFileSync(join(manifests, kind, name), "utf8"),
    name,
  );
  expect(`${parsed.name}.json`).toBe(name);
});
