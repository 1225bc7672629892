// The facts of every release come to the manifests that are embedded: nothing in them was written by hand that
// facts decide, and a second import changes nothing.
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plugins } from "../../plugins/index.ts";
import type { ComponentManifest } from "../../src/core/manifest.ts";
import type { Facts, Pins } from "../../src/release-data/facts.ts";
import { importFacts } from "../../src/release-data/importer.ts";
import { entriesOf, testGroundTruth } from "../support/ground-truth.ts";
import { catalog } from "../support/plan.ts";

const read = <T>(root: string, path: string): T => JSON.parse(readFileSync(join(root, path), "utf8")) as T;

/** One case, where the facts of all releases are there: components gather digests of many releases. */
const completeIn = (root: string): object[] => (entriesOf(root, "facts").length < catalog.releases.length ? [] : [{}]);

testGroundTruth("import", "the facts come to what is embedded", completeIn, ({ root }) => {
  const pins = entriesOf(root, "pins");
  const incoming = entriesOf(root, "facts").map((name) => {
    const tag = name.replace(".json", "");
    const own = [`${tag}.json`, ...pins.filter((one) => one.startsWith(`${tag}@`))];
    return { facts: read<Facts>(root, `facts/${name}`), pins: own.map((one) => read<Pins>(root, `pins/${one}`)) };
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
