// Charts that a user adds: found in the index of their repository or in a registry, held to what stands there, pinned by the lock.
import { expect, test } from "bun:test";
import type { FetchOutcome } from "../../src/fetch/options.ts";
import { addExtraArtifacts } from "../../src/plan/extra-artifacts.ts";
import { chartPackage } from "../support/charts.ts";
import { type Bench, bench, digestOf, lockOf, multi, planOf } from "../support/fetching.ts";
import { chartImage } from "../support/images.ts";

const archive = chartPackage("podinfo", "6.7.1");
const path = "files.test/stable/podinfo-6.7.1.tgz";
const sum = digestOf(archive);
const indexOf = (url: string, digest: string = sum): Uint8Array =>
  new TextEncoder().encode(
    `apiVersion: v1\nentries:\n  podinfo:\n    - { version: 6.7.1, digest: "${digest.slice(7)}", urls: ["${url}"] }\n`,
  );

const chart = "https://files.test/stable/podinfo:6.7.1";

/** Fetches the charts of a list. */
async function fetched(lab: Bench, entry: string, more: Parameters<Bench["fetch"]>[1] = {}): Promise<FetchOutcome> {
  return await lab.fetch(addExtraArtifacts(planOf(), [{ text: `charts:\n  - ${entry}\n`, path: "f" }]), more);
}

test("a chart is where its repository's index says, held to the digest there, and lies beside an index inside the gap", async () => {
  await using lab = await bench({ "stable/index.yaml": indexOf("../archives/p.tgz"), "archives/p.tgz": archive });
  const lock = lockOf(await fetched(lab, chart));
  expect(lock.files).toMatchObject([
    {
      component: "extra",
      path,
      url: "https://files.test/archives/p.tgz",
      version: "6.7.1",
      digest: sum,
      published: { digest: sum, source: "https://files.test/stable/index.yaml" },
    },
  ]);
  expect(lab.store.sizeOf(sum)).toBe(archive.length);
});

test("what the lock has is not looked up again: a repository that has moved on changes nothing", async () => {
  await using lab = await bench({ "stable/index.yaml": indexOf("p.tgz"), "stable/p.tgz": archive });
  const lock = lockOf(await fetched(lab, chart));
  lab.upstream.set("/stable/index.yaml", undefined);
  expect(lockOf(await fetched(lab, chart, { lock }))).toEqual(lock);
  const { failures } = await fetched(lab, chart);
  expect(failures).toMatchObject([{ artifact: path, url: "https://files.test/stable/index.yaml" }]);
});

test("an index that lies about the bytes, or leads off https, fails that chart by name", async () => {
  const other = digestOf(new Uint8Array([1]));
  await using lab = await bench({ "stable/index.yaml": indexOf("p.tgz", other), "stable/p.tgz": archive });
  expect((await fetched(lab, chart)).failures[0]?.cause).toContain(other);
  lab.upstream.set("/stable/index.yaml", indexOf("http://files.test/stable/p.tgz"));
  expect((await fetched(lab, chart)).failures[0]?.cause).toContain("leads to http://files.test/stable/p.tgz");
  lab.upstream.set("/stable/index.yaml", indexOf("p.tgz"));
  const named = `{ chart: "${chart}", digest: "${other}" }`;
  expect((await fetched(lab, named)).failures[0]?.cause).toBe(
    `https://files.test/stable/index.yaml has ${sum}, and line 2 of f wants ${other}`,
  );
  expect((await fetched(lab, "https://files.test/stable/podinfo:9.9.9")).failures[0]?.cause).toBe(
    "Cannot use https://files.test/stable/index.yaml: it has no podinfo 9.9.9; there are 6.7.1",
  );
});

test("an index without digests: pinned on first sight", async () => {
  const index = "entries: { podinfo: [{ version: 6.7.1, urls: [p.tgz] }] }\n";
  await using lab = await bench({ "stable/index.yaml": new TextEncoder().encode(index), "stable/p.tgz": archive });
  const lock = lockOf(await fetched(lab, chart));
  expect(lock.files).toMatchObject([{ path, digest: sum }]);
  expect(lock.files[0]?.published).toBeUndefined();
});

test("a chart of a registry, whose tag has no plus sign", async () => {
  const built = chartPackage("podinfo", "6.7.1+b.2");
  await using lab = await bench();
  lab.registry.add("charts/podinfo", chartImage(built), "6.7.1_b.2");
  lab.registry.add("charts/image", multi, "1.0.0");
  const entry = "oci://images.test/charts/podinfo:6.7.1+b.2";
  const lock = lockOf(await fetched(lab, entry));
  expect(lock.files).toMatchObject([
    { path: "images.test/charts/podinfo-6.7.1+b.2.tgz", url: entry, digest: digestOf(built), version: "6.7.1+b.2" },
  ]);
  expect(lab.store.sizeOf(digestOf(built))).toBe(built.length);
  const requests = lab.registry.log.length;
  expect(lockOf(await fetched(lab, entry, { lock }))).toEqual(lock);
  expect(lab.registry.log.slice(requests).filter((line) => line.includes("/manifests/"))).toEqual([]);
  expect((await fetched(lab, "oci://images.test/charts/image:1.0.0")).failures[0]?.cause).toContain(
    "it is no chart of Helm",
  );
});
