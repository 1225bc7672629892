// The rules that golden lists cannot show: what is unavailable and why, who wins about a digest, requirements.
import { expect, test } from "bun:test";
import { type DigestSources, findDigest } from "../../src/catalog/release.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { ReleaseManifest } from "../../src/core/manifest.ts";
import type { FileArtifact } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { listExporter } from "../../src/export/list.ts";
import { requirementsFor } from "../../src/plan/requires.ts";
import { resolve } from "../../src/plan/resolve.ts";
import { catalog, planFor } from "../support/plan.ts";

const sum = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

test("what is unavailable says whether upstream has no asset or no digest", () => {
  const reasons = new Map(
    planFor({ release: "2.25.1" }).unavailable.map(({ name, platform, reason }) => [name, `${platform} ${reason}`]),
  );
  expect(reasons).toEqual(
    new Map([
      ["kata_containers", "linux/arm64 no digest is published for linux/arm64 (kubespray-2.25.1)"],
      ["youki", "linux/arm64 youki 0.1.0 is built for x86-64 only"],
    ]),
  );
});

test("what the user brought wins over the release's own word, and that over the common table", () => {
  const files = (digest: Digest) => ({ etcd: { source: "common", versions: { "1.0": { amd64: digest } } } });
  const release = (own: Digest | null | undefined): ReleaseManifest => ({
    ...catalog.release("2.31.0"),
    digests: own === undefined ? undefined : { etcd: { etcd: { "1.0": { amd64: own } } } },
  });
  const digests = (own: Digest | null | undefined, brought?: Digest): DigestSources => ({
    component: () => ({ name: "etcd", files: files(sum("a")) }),
    overlay: () =>
      brought ? { manifest: { name: "etcd", files: files(brought) }, path: "mine/etcd.json" } : undefined,
    release: release(own),
  });
  const found = (from: DigestSources): unknown =>
    findDigest(from, { component: "etcd", file: "etcd", version: "1.0", arch: "amd64" });
  expect(found(digests(undefined))).toEqual({ digest: sum("a"), source: "common" });
  expect(found(digests(sum("b")))).toEqual({
    digest: sum("b"),
    source: "kubespray-2.31.0, which differs from other releases",
  });
  expect(found(digests(null))).toBeUndefined();
  expect(found(digests(null, sum("c")))).toEqual({ digest: sum("c"), source: "mine/etcd.json" });
  expect(
    findDigest(digests(undefined), { component: "etcd", file: "etcd", version: "1.0", arch: "arm64" }),
  ).toBeUndefined();
});

test("requirements hold for the releases they name, and a circle is named with its path", () => {
  const of = (requires: Record<string, Record<string, string>>) => (name: string) => requires[name] ?? {};
  expect(requirementsFor("2.27.0", ["a", "b"], of({ a: { b: "<2.27.0" } })).get("a")).toEqual([]);
  expect(requirementsFor("2.26.1", ["a", "b"], of({ a: { b: "<2.27.0" } })).get("a")).toEqual(["b"]);
  expect(() => requirementsFor("2.27.0", ["a", "b", "c"], of({ a: { b: "*" }, b: { c: "*" }, c: { b: "*" } }))).toThrow(
    "in a circle: b → c → b",
  );
  expect(() => requirementsFor("2.27.0", ["a"], of({ a: { x: "*" } }))).toThrow(
    '"a" requires "x", which no plugin describes',
  );
});

test("a listed name that no plugin describes is an error, with or without plugins of one's own", () => {
  const without = catalog.plugins.filter(({ name }) => name !== "flannel");
  for (const userPlugins of [new Map<string, string>(), new Map([["calico", "calico.ts"]])]) {
    expect(() =>
      resolve({ ...catalog, plugins: without, userPlugins }, { platforms, selection: {}, unavailable: "exclude" }),
    ).toThrow("lists image flannel, image flannel_init, which no plugin describes");
  }
});

test("lists have no line twice, and each digest is in the sums of its own algorithm", () => {
  const plan = planFor({ selection: { only: ["gvisor", "etcd"] }, platforms: platforms.slice(0, 1) });
  const [first] = plan.artifacts as FileArtifact[];
  const twice = { ...plan, artifacts: [...plan.artifacts, { ...(first as FileArtifact), name: "again" }] };
  const content = (path: string): string[] =>
    (listExporter.render(twice).find((file) => file.path === path)?.content ?? "").split("\n").slice(0, -1);
  expect(content("files-amd64.list")).toHaveLength(3);
  expect(content("SHA256SUMS-amd64")).toEqual([
    expect.stringMatching(/^[0-9a-f]{64} {2}github\.com\/etcd-io\/.*amd64\.tar\.gz$/),
  ]);
  expect(content("SHA512SUMS-amd64")).toHaveLength(2);
});
