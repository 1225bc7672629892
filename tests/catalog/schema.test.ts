import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
