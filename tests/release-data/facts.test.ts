// The facts of every release beside the project come to the manifests that are embedded: nothing in them was written by hand that
// facts decide, and a second import changes nothing.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { plugins } from "../../plugins/index.ts";
import type { ComponentManifest } from "../../src/core/manifest.ts";
import type { Facts, Pins } from "../../src/release-data/facts.ts";
import { importFacts } from "../../src/release-data/importer.ts";
import { groundTruth } from "../support/paths.ts";
import { catalog } from "../support/plan.ts";

const truth = groundTruth;
const read = <T>(path: string): T => JSON.parse(readFileSync(join(truth, path), "utf8")) as T;

test.each(existsSync(truth) ? ["facts"] : [])("the %s come to what is embedded", () => {
  const pins = readdirSync(join(truth, "pins")).sort();
  const incoming = readdirSync(join(truth, "facts")).map((name) => {
    const tag = name.replace(".json", "");
    const own = [`${tag}.json`, ...pins.filter((one) => one.startsWith(`${tag}@`))];
    return { facts: read<Facts>(`facts/${name}`), pins: own.map((one) => read<Pins>(`pins/${one}`)) };
  });
  const embedded = {
    components: new Map(plugins.map(({ name }) => [name, catalog.component(name) as ComponentManifest])),
    releases: new Map(catalog.releases.map((version) => [`kubespray-${version}`, catalog.release(version)])),
  };
  expect(incoming).toHaveLength(embedded.releases.size);
  const { components, releases } = importFacts(plugins, incoming, embedded);
  expect([...releases].sort()).toEqual([...embedded.releases].sort());
  expect([...components]).toEqual([...embedded.components]);
});
