import { expect, test } from "bun:test";
import { plugins } from "../../plugins/index.ts";
import { openCatalog } from "../../src/catalog/open.ts";
import { assertPlanNames } from "../../src/core/bundle-names.ts";
import { type Artifact, artifactName, formatPlan, type Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { wantedBy } from "../../src/core/releases.ts";
import { mergePlans } from "../../src/plan/merge-releases.ts";
import { resolve } from "../../src/plan/resolve.ts";
import { digestOf, file, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";

const catalog = openCatalog({ plugins });
const planned = new Map(
  catalog.releases.map((release) => [
    release,
    resolve(catalog, { release, platforms, selection: {}, unavailable: "exclude" }).plan,
  ]),
);
const planFor = (version: string): Plan => planned.get(version) as Plan;

/** All of an artifact that a lock has, whoever asks for it. */
function lockedPart({ reason: _, listed: _listed, provenance, ...artifact }: Artifact): object {
  return { ...artifact, source: provenance.digest };
}

const sorted = (items: readonly object[]): string[] => items.map((item) => JSON.stringify(item)).sort();

test("each release's part of a plan for two is that release's own plan, for every pair of releases", () => {
  for (const one of catalog.releases)
    for (const other of catalog.releases) {
      if (one === other) continue;
      const plan = mergePlans([planFor(one), planFor(other)]);
      for (const version of [one, other]) {
        const own = planFor(version);
        expect(sorted(wantedBy(plan.artifacts, version).map(lockedPart))).toEqual(
          sorted(own.artifacts.map(lockedPart)),
        );
        expect(sorted(wantedBy(plan.unavailable, version))).toEqual(sorted(own.unavailable));
        expect(wantedBy(plan.components, version).filter(({ included }) => included)).toHaveLength(
          own.components.filter(({ included }) => included).length,
        );
      }
    }
});

test("what several releases want stands once, and every format can hold it", () => {
  const plan = mergePlans([planFor("2.31.0"), planFor("2.29.1"), planFor("2.30.0")]);
  expect(plan.releases?.map(({ version, kubernetes }) => [version, kubernetes])).toEqual([
    ["2.29.1", planFor("2.29.1").kubernetes],
    ["2.30.0", planFor("2.30.0").kubernetes],
    ["2.31.0", planFor("2.31.0").kubernetes],
  ]);
  expect([plan.schema, plan.release.version]).toEqual(["kso.plan/2", "2.31.0"]);
  assertPlanNames(plan);
  const keys = plan.artifacts.map((artifact) => `${artifactName(artifact)} ${artifact.name} ${artifact.platforms}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(formatPlan(plan)).not.toContain('"parts"');
});

test("one release is its own plan, to the byte, also where it is named twice", () => {
  expect(mergePlans([planFor("2.31.0")])).toBe(planFor("2.31.0"));
});

const step = (version: string, ...artifacts: Artifact[]): Plan => ({
  ...planOf(...artifacts),
  release: { name: `kubespray-${version}`, version, commit: "" },
});

test("one name with other bytes in another release is refused, with both releases", () => {
  const bytes = [sample(10, 1), sample(10, 2)].map((each) => digestOf(each));
  expect(() => mergePlans([step("2.30.0", file("one", bytes[0])), step("2.31.0", file("one", bytes[1]))])).toThrow(
    /one is sha256:.* for kubespray-2\.30\.0, and sha256:.* for kubespray-2\.31\.0: .*plan these releases apart/,
  );
});

test.each([
  [["2.29.1", "2.30.0", "2.31.0"], []],
  [["2.29.0", "2.29.1"], []],
  [["2.28.1", "2.31.0"], ["between kubespray 2.28 and 2.31 lies 2.29, 2.30, which is not planned"]],
])("a minor release that is left out of %j is noted", (versions, notes) => {
  const [first, ...others] = versions.map((version) => step(version, pulled("team/app:1"))) as [Plan, ...Plan[]];
  const found = mergePlans([first, ...others]).notes;
  expect(found).toHaveLength(notes.length);
  for (const [at, note] of notes.entries()) expect(found[at]).toContain(note);
});
