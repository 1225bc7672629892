// Which digest of a file counts.
import { expect, test } from "bun:test";
import { type DigestSources, findDigest } from "../../src/catalog/release.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { ReleaseManifest } from "../../src/core/manifest.ts";
import { catalog } from "../support/plan.ts";

const sum = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

test("a user's manifest comes before the release's own table, and that before the common one", () => {
  const files = (digest: Digest) => ({ etcd: { source: "common", versions: { "1.0": { amd64: digest } } } });
  const release = (own: Digest | null | undefined): ReleaseManifest => ({
    ...catalog.release("2.31.0"),
    digests: own === undefined ? undefined : { etcd: { etcd: { "1.0": { amd64: own } } } },
  });
  const digests = (own: Digest | null | undefined, overlaid?: Digest): DigestSources => ({
    component: () => ({ name: "etcd", files: files(sum("a")) }),
    overlay: () =>
      overlaid ? { manifest: { name: "etcd", files: files(overlaid) }, path: "mine/etcd.json" } : undefined,
    release: release(own),
  });
  const found = (sources: DigestSources): unknown =>
    findDigest(sources, { component: "etcd", file: "etcd", version: "1.0", arch: "amd64" });
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
