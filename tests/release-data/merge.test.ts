// The facts of every release come to the manifests that are embedded: nothing in them was written by hand that
// facts decide, and a second import changes nothing.
import { expect } from "bun:test";
import { plugins } from "../../plugins/index.ts";
import type { ComponentManifest } from "../../src/core/manifest.ts";
import { mergeReleases } from "../../src/release-data/merge.ts";
import { readFacts, releaseOfFacts } from "../support/facts.ts";
import { entriesOf, testGroundTruth } from "../support/ground-truth.ts";
import { catalog } from "../support/plan.ts";

/** One case, where the facts of all releases are there: components gather digests of many releases. */
const completeIn = (root: string): object[] => (entriesOf(root, "facts").length < catalog.releases.length ? [] : [{}]);

testGroundTruth("import", "the facts come to what is embedded", completeIn, ({ root }) => {
  const imported = entriesOf(root, "facts").map((name) => releaseOfFacts(readFacts(root, name.replace(".json", ""))));
  const embedded = {
    components: new Map(plugins.map(({ name }) => [name, catalog.component(name) as ComponentManifest])),
    releases: new Map(catalog.releases.map((version) => [`kubespray-${version}`, catalog.release(version)])),
  };
  expect(imported).toHaveLength(embedded.releases.size);
  const { components, releases } = mergeReleases(plugins, imported, embedded);
  expect([...releases].sort()).toEqual([...embedded.releases].sort());
  expect([...components]).toEqual([...embedded.components]);
});
