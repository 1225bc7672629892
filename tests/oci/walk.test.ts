// From a root to what belongs to it: which manifests are followed, and what is refused.
import { expect, test } from "bun:test";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { imagesIn, walkImage } from "../../src/oci/walk.ts";
import { sample } from "../support/http.ts";
import { artifact, describe, document, image, type Seeded } from "../support/images.ts";
import { sha } from "../support/seed.ts";

const both = ["linux/amd64", "linux/arm64"];
const index = "application/vnd.oci.image.index.v1+json";
const manifest = "application/vnd.oci.image.manifest.v1+json";
const layer = (seed: number): Uint8Array => sample(50 + seed, seed);

function reader(...seeded: Seeded[]): (blob: Descriptor) => Uint8Array | undefined {
  const bytes = new Map(
    seeded.flatMap(({ manifests, blobs }) =>
      [...manifests.map(({ bytes }) => bytes), ...blobs].map((each) => [sha(each), each] as const),
    ),
  );
  return ({ digest }) => bytes.get(digest);
}
const walked = (seeded: Seeded, platforms: readonly string[] | "all" = both) =>
  walkImage(seeded.root, platforms, reader(seeded));
const of = (seeded: ReturnType<typeof image>, ...platforms: string[]): string[] =>
  platforms.flatMap((name) => {
    const { manifest, config, layers } = seeded.platforms[name] as NonNullable<(typeof seeded.platforms)[string]>;
    return [manifest, config, ...layers].map(({ digest }) => digest);
  });
const digests = (blobs: readonly Descriptor[]): string[] => blobs.map(({ digest }) => digest);

/** An index around other things, as a seeded image. */
function around(entries: readonly object[], ...inner: Seeded[]): Seeded {
  const made = document({ schemaVersion: 2, mediaType: index, manifests: entries }, index);
  return {
    root: made.blob,
    manifests: [made, ...inner.flatMap(({ manifests }) => manifests)],
    blobs: inner.flatMap(({ blobs }) => blobs),
  };
}

test.each([false, true])("the chosen platforms and nothing else (docker: %p)", (docker) => {
  const seeded = image({
    docker,
    platforms: {
      "linux/s390x": { layers: [layer(1), layer(2)] },
      "linux/arm64/v8": { layers: [layer(1), layer(3)] },
      "linux/amd64": { layers: [layer(1), layer(4), layer(4)] },
    },
  });
  const { blobs, unavailable, mislabelled, unread, images } = walked(seeded);
  const wanted = [seeded.root.digest, ...of(seeded, "linux/amd64"), ...of(seeded, "linux/arm64/v8")];
  expect(new Set(digests(blobs))).toEqual(new Set(wanted));
  expect(blobs).toHaveLength(new Set(wanted).size);
  expect(blobs[0]).toEqual(seeded.root);
  expect({ unavailable, mislabelled, unread }).toEqual({ unavailable: [], mislabelled: {}, unread: [] });
  expect(images.map(({ platform, layers }) => [platform, layers.length])).toEqual([
    ["linux/amd64", 3],
    ["linux/arm64", 2],
  ]);
  expect(imagesIn(seeded.root, both, reader(seeded))).toEqual(images);
});

test("a platform that is not there is unavailable", () => {
  const seeded = image({
    platforms: { "linux/amd64": { layers: [layer(1)] }, "windows/arm64": { layers: [layer(2)] } },
  });
  expect(walked(seeded)).toMatchObject({ unavailable: ["linux/arm64"] });
  expect(new Set(digests(walked(seeded).blobs))).toEqual(new Set([seeded.root.digest, ...of(seeded, "linux/amd64")]));
});

test("an image without an index is what its configuration says", () => {
  const seeded = image({ index: false, platforms: { "linux/arm64": { layers: [layer(1)] } } });
  expect(walked(seeded)).toMatchObject({ unavailable: ["linux/amd64"], mislabelled: {} });
  expect(digests(walked(seeded).blobs)).toEqual(of(seeded, "linux/arm64"));
  expect(walked(seeded, ["linux/amd64"]).blobs.some(({ mediaType }) => mediaType.includes("layer"))).toBeFalse();
});

test("a configuration that contradicts its index", () => {
  const seeded = image({
    platforms: {
      "linux/amd64": { layers: [layer(1)], architecture: "x86_64" },
      "linux/arm64": { layers: [layer(2)], architecture: "amd64" },
    },
  });
  expect(walked(seeded).mislabelled).toEqual({ "linux/arm64": "amd64" });
  const silent = image({ platforms: { "linux/arm64": { layers: [layer(2)], architecture: "" } } });
  expect(walked(silent, ["linux/arm64"]).mislabelled).toEqual({});
});

test.each([
  [["linux/arm64/v9", "linux/arm64/v8"], "linux/arm64", "linux/arm64/v8"],
  [["linux/arm64/v9", "linux/arm64"], "linux/arm64", "linux/arm64"],
  [["linux/arm64/v9"], "linux/arm64", "linux/arm64/v9"],
  [["linux/amd64/v3", "linux/amd64"], "linux/amd64", "linux/amd64"],
  [["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7", "linux/arm/v7"],
])("of %p, %s is %s", (there, wanted, chosen) => {
  const seeded = image({ platforms: Object.fromEntries(there.map((name, at) => [name, { layers: [layer(at)] }])) });
  expect(walked(seeded, [wanted]).images.map(({ manifest }) => manifest)).toEqual([
    seeded.platforms[chosen]?.manifest as Descriptor,
  ]);
});

test("attestations of what is kept, with their blobs", () => {
  const seeded = image({
    attestations: true,
    platforms: { "linux/amd64": { layers: [layer(1)] }, "linux/s390x": { layers: [layer(2)] } },
  });
  const { blobs } = walked(seeded, ["linux/amd64"]);
  const [kept, other] = seeded.attestations as [Descriptor, Descriptor];
  expect(digests(blobs)).toContain(kept.digest);
  expect(digests(blobs)).not.toContain(other.digest);
  expect(blobs.map(({ mediaType }) => mediaType)).toContain("application/vnd.in-toto+json");
});

test("indexes inside indexes, up to four", () => {
  const platforms = { "linux/amd64": { layers: [layer(1)] }, "linux/arm64": { layers: [layer(2)] } };
  const seeded = image({ platforms, nested: 3 });
  expect(walked(seeded)).toMatchObject({ unavailable: [], unread: [] });
  expect(walked(seeded).blobs.filter(({ mediaType }) => mediaType === index)).toHaveLength(4);
  expect(() => walked(image({ platforms, nested: 4 }))).toThrow("more than 4 indexes");
});

test("an index with a platform is followed for that platform only", () => {
  const [amd64, arm64] = [
    image({ platforms: { "linux/amd64": { layers: [layer(1)] } } }),
    image({ platforms: { "linux/arm64": { layers: [layer(2)] } } }),
  ];
  const platform = { os: "linux", architecture: "amd64" };
  const seeded = around(
    [
      { ...amd64.root, platform },
      { ...arm64.root, platform },
    ],
    amd64,
    arm64,
  );
  expect(walked(seeded).unavailable).toEqual(["linux/arm64"]);
  expect(digests(walked(seeded).blobs)).not.toContain(arm64.root.digest);
});

test("entries without a platform are looked into when nothing else fits", () => {
  const seeded = image({
    platforms: {
      "linux/arm64": { layers: [layer(1)], unnamed: true },
      "linux/amd64": { layers: [layer(2)], unnamed: true },
      "linux/s390x": { layers: [layer(3)] },
    },
  });
  expect(walked(seeded)).toMatchObject({ unavailable: [], unread: [] });
  expect(new Set(digests(walked(seeded).blobs))).toEqual(new Set([seeded.root.digest, ...of(seeded, ...both)]));
});

test("a configuration for another system", () => {
  const seeded = image({ platforms: { "windows/amd64": { layers: [layer(1)] } } });
  const entry = seeded.platforms["windows/amd64"]?.manifest;
  const index = around([{ ...entry, platform: { os: "linux", architecture: "amd64" } }], seeded);
  expect(walked(index, ["linux/amd64"]).mislabelled).toEqual({ "linux/amd64": "windows/amd64" });
});

test("what is named as an index and is an image, and the other way round", () => {
  const seeded = image({ platforms: { "linux/amd64": { layers: [layer(1)] } } });
  const platform = { os: "linux", architecture: "amd64" };
  const { manifest: inner } = seeded.platforms["linux/amd64"] as { manifest: Descriptor };
  expect(() => walked(around([{ ...inner, mediaType: index, platform }], seeded))).toThrow("calls itself");
  expect(() => walked(around([{ ...seeded.root, mediaType: manifest, platform }], seeded))).toThrow("calls itself");
});

test("what is not an image runs nowhere and is kept whole; all of it can be followed", () => {
  const chart = artifact({ chart: 1 });
  expect(walked(chart)).toMatchObject({ unavailable: [], images: [] });
  expect(walked(chart).blobs).toHaveLength(3);
  const seeded = image({ attestations: true, nested: 1, platforms: { "linux/s390x": { layers: [layer(1)] } } });
  expect(walked(seeded, "all").blobs).toHaveLength(seeded.manifests.length + seeded.blobs.length);
  const old = document(
    {
      mediaType: "application/vnd.oci.artifact.manifest.v1+json",
      blobs: [describe(layer(1), "text/plain")],
      subject: seeded.root,
    },
    "application/vnd.oci.artifact.manifest.v1+json",
  );
  expect(walked({ root: old.blob, manifests: [old], blobs: [] }).blobs).toHaveLength(2);
});

test("what is not here is named, and what is here still counts", () => {
  const seeded = image({ platforms: { "linux/amd64": { layers: [layer(1)] }, "linux/arm64": { layers: [layer(2)] } } });
  const { manifest: gone } = seeded.platforms["linux/arm64"] as { manifest: Descriptor };
  const { config } = seeded.platforms["linux/amd64"] as { config: Descriptor };
  const read = reader(seeded);
  const { unread, blobs } = walkImage(seeded.root, both, (blob) =>
    [gone.digest, config.digest].includes(blob.digest) ? undefined : read(blob),
  );
  expect(new Set(unread)).toEqual(new Set([gone, config]));
  expect(new Set(digests(blobs))).toEqual(new Set([seeded.root.digest, ...of(seeded, "linux/amd64"), gone.digest]));
  expect(walkImage(seeded.root, both, () => undefined)).toMatchObject({ blobs: [seeded.root], unread: [seeded.root] });
});

test("sizes that lie are named, both of them", () => {
  const seeded = image({ platforms: { "linux/amd64": { layers: [layer(1)] } } });
  const entry = { ...(seeded.platforms["linux/amd64"]?.manifest as Descriptor), size: 12 };
  const platform = { os: "linux", architecture: "amd64" };
  const lying = around([{ ...entry, platform }], seeded);
  expect(() => walked(lying, ["linux/amd64"])).toThrow(/has \d+ bytes and is said to have 12/);
  const two = document(
    { schemaVersion: 2, config: describe(layer(1), "x/y"), layers: [{ ...describe(layer(1), "x/y"), size: 7 }] },
    manifest,
  );
  expect(() => walked({ root: two.blob, manifests: [two], blobs: [] })).toThrow(/51 bytes and 7/);
  const huge = around([{ ...entry, size: 9_000_000, platform }], seeded);
  expect(() => walked(huge, ["linux/amd64"])).toThrow("said to have 9000000 bytes; at most 8388608");
});

test("a circle is refused", () => {
  const blob = { mediaType: index, digest: `sha256:${"a".repeat(64)}` as const, size: 0 };
  let bytes = new Uint8Array();
  for (let size = 0; size !== bytes.length || size === 0; size = bytes.length)
    bytes = new TextEncoder().encode(
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...blob, size: bytes.length }] }),
    );
  const root = { ...blob, size: bytes.length };
  expect(() => walkImage(root, both, () => bytes)).toThrow("contains itself");
});

test("an index that names no end of attestations is refused", () => {
  const seeded = image({ platforms: { "linux/amd64": { layers: [layer(1)] } } });
  const { manifest: amd64 } = seeded.platforms["linux/amd64"] as { manifest: Descriptor };
  const annotations = {
    "vnd.docker.reference.type": "attestation-manifest",
    "vnd.docker.reference.digest": amd64.digest,
  };
  const entries = Array.from({ length: 600 }, (_, at) => ({
    ...describe(sample(40, at), manifest),
    digest: sha(Buffer.from(`${at}`)),
    annotations,
  }));
  const hostile = around([{ ...amd64, platform: { os: "linux", architecture: "amd64" } }, ...entries], seeded);
  expect(() => walked(hostile, ["linux/amd64"])).toThrow("more than 500 manifests");
});
