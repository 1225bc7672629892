// Indexes, manifests and configurations: which kind a document is, what is read of it, and what is refused by name.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { KsoError } from "../../src/core/errors.ts";
import {
  acceptedTypes,
  isImageConfig,
  type ManifestDocument,
  manifestKind,
  mediaTypeOf,
  parseConfig,
  parseDocument,
} from "../../src/oci/manifest.ts";
import { sample } from "../support/http.ts";
import { describe, document } from "../support/images.ts";

const index = "application/vnd.oci.image.index.v1+json";
const manifest = "application/vnd.oci.image.manifest.v1+json";
const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
const artifactManifest = "application/vnd.oci.artifact.manifest.v1+json";
const layer = (seed: number): Uint8Array => sample(50 + seed, seed);
const read = (value: unknown, mediaType: string): ManifestDocument => {
  const { bytes, blob } = document(value, mediaType);
  return parseDocument(bytes, blob);
};

test("a registry is asked for what can be read, and never for Docker's first format", () => {
  expect(acceptedTypes.split(", ")).toEqual([index, manifest, dockerList, dockerManifest, artifactManifest]);
  expect(manifestKind("application/vnd.docker.distribution.manifest.v1+prettyjws")).toBe("schema1");
  expect(["constructor", "", "text/html"].map(manifestKind)).toEqual([undefined, undefined, undefined]);
  expect(mediaTypeOf(new Headers({ "content-type": `${index.toUpperCase()} ; charset=utf-8` }))).toBe(index);
  expect(mediaTypeOf(new Headers())).toBe("");
});

const good = describe(layer(1), "x/y");
const config = describe(layer(2), "application/vnd.oci.image.config.v1+json");

const layers = [good];
const bare = { schemaVersion: 2 };
test.each<[string, object, string, Pick<ManifestDocument, "kind" | "mediaType">]>([
  [
    "its own media type",
    { ...bare, mediaType: dockerList, manifests: [] },
    "",
    { kind: "index", mediaType: dockerList },
  ],
  ["its descriptor", { ...bare, config, layers }, dockerManifest, { kind: "manifest", mediaType: dockerManifest }],
  ["its manifests", { ...bare, manifests: [] }, "application/json", { kind: "index", mediaType: index }],
  ["its layers", { ...bare, config, layers }, "application/json", { kind: "manifest", mediaType: manifest }],
  ["its blobs", { blobs: layers }, "application/json", { kind: "manifest", mediaType: manifest }],
])("a document is told by %s", (_, value, mediaType, expected) => {
  expect(read(value, mediaType)).toMatchObject(expected);
});

test("an artifact manifest has no configuration, and may have no blobs", () => {
  const parsed = { kind: "manifest", mediaType: artifactManifest };
  expect(read({ mediaType: artifactManifest, blobs: layers }, artifactManifest)).toEqual({
    ...parsed,
    layers,
  } as never);
  expect(read({ mediaType: artifactManifest, subject: good }, artifactManifest)).toEqual({
    ...parsed,
    layers: [],
    subject: good.digest,
  } as never);
});

test("Docker's first format is refused with what to do, however it is told", () => {
  const first = "application/vnd.docker.distribution.manifest.v1+json";
  for (const [value, mediaType] of [
    [{ schemaVersion: 1 }, manifest],
    [{ schemaVersion: 2 }, first],
    [{ schemaVersion: 2, mediaType: first }, manifest],
  ] as const)
    expect(() => read(value, mediaType)).toThrow("have it pushed again by a newer client");
  expect(() => read({ schemaVersion: 2 }, "application/json")).toThrow('"application/json" is not one of an image');
});

test("an entry says what it runs on, or what it attests", () => {
  const type = { "vnd.docker.reference.type": "attestation-manifest" };
  const entries = [
    { ...good, platform: { os: "linux", architecture: "arm64", variant: "v8", "os.version": "1" } },
    { ...good, platform: null, annotations: null },
    { ...good, annotations: { ...type, "vnd.docker.reference.digest": good.digest } },
    { ...good, annotations: type },
  ];
  expect(read({ ...bare, manifests: entries, subject: config }, index)).toEqual({
    kind: "index",
    mediaType: index,
    subject: config.digest,
    entries: [
      { blob: good, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      { blob: good },
      { blob: good, attests: good.digest },
      { blob: good, attests: "" },
    ],
  });
});

test("a configuration says what it runs on, or nothing", () => {
  const of = (value: object): object => {
    const { bytes, blob } = document(value, config.mediaType);
    return parseConfig(bytes, blob);
  };
  expect(of({ os: "linux", architecture: "amd64", variant: "" })).toEqual({ os: "linux", architecture: "amd64" });
  expect(of({})).toEqual({ os: "", architecture: "" });
  expect([isImageConfig(config), isImageConfig(good)]).toEqual([true, false]);
});

test.each<[string, unknown, string, string]>([
  ["a list", [], manifest, "not a JSON object"],
  ["null", null, manifest, "not a JSON object"],
  ["another version", { schemaVersion: 3, config, layers: [] }, manifest, "schemaVersion"],
  ["no configuration", { schemaVersion: 2, layers: [] }, manifest, "config"],
  ["layers that are none", { schemaVersion: 2, config, layers: "x" }, manifest, "layers"],
  [
    "a bad digest",
    { schemaVersion: 2, config, layers: [{ ...good, digest: "sha256:ABC" }] },
    manifest,
    "layers.0.digest",
  ],
  [
    "a path as a digest",
    { schemaVersion: 2, config, layers: [{ ...good, digest: "../../etc" }] },
    manifest,
    "../../etc",
  ],
  ["a negative size", { schemaVersion: 2, config, layers: [{ ...good, size: -1 }] }, manifest, "layers.0.size is -1"],
  ["an absurd size", { schemaVersion: 2, config, layers: [{ ...good, size: 2 ** 50 }] }, manifest, "layers.0.size"],
  ["half a byte", { schemaVersion: 2, config, layers: [{ ...good, size: 1.5 }] }, manifest, "layers.0.size"],
  ["a size in words", { schemaVersion: 2, config, layers: [{ ...good, size: "7" }] }, manifest, "layers.0.size"],
  ["too many layers", { schemaVersion: 2, config, layers: Array(10_001).fill(good) }, manifest, "a list of 10001"],
  ["too many entries", { schemaVersion: 2, manifests: Array(10_001).fill(good) }, index, "a list of 10001"],
  ["both kinds at once", { schemaVersion: 2, config, layers: [], manifests: [] }, index, "at the same time"],
  ["another kind than named", { schemaVersion: 2, mediaType: index, manifests: [] }, manifest, "calls itself"],
  ["an unknown kind", { schemaVersion: 2, mediaType: "text/html" }, manifest, "text/html"],
  ["a platform that is none", { schemaVersion: 2, manifests: [{ ...good, platform: "linux" }] }, index, "platform"],
])("a document with %s is refused by name", (_, value, mediaType, why) => {
  const { bytes, blob } = document(value, mediaType);
  expect(() => parseDocument(bytes, blob)).toThrow(why);
  expect(() => parseDocument(bytes, blob)).toThrow(blob.digest);
});

test("whatever the JSON, a document is one kind or a KsoError", () => {
  const key = fc.constantFrom(
    "schemaVersion",
    "mediaType",
    "manifests",
    "layers",
    "config",
    "blobs",
    "subject",
    "platform",
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(2, index, manifest, "__proto__"),
    fc.array(fc.constantFrom<unknown>(good, config, { ...good, platform: { os: "linux", architecture: "amd64" } })),
    fc.constant(config),
  );
  fc.assert(
    fc.property(fc.dictionary(key, value), fc.constantFrom(index, manifest, "application/json"), (json, mediaType) => {
      const { bytes, blob } = document(json, mediaType);
      for (const parse of [parseDocument, parseConfig]) {
        try {
          parse(bytes, blob);
        } catch (thrown) {
          if (!(thrown instanceof KsoError)) throw thrown;
          expect(thrown.code).toBe("verify");
        }
      }
    }),
    { numRuns: 500 },
  );
  const deep = new TextEncoder().encode("[".repeat(200_000));
  expect(() => parseDocument(deep, describe(deep, manifest))).toThrow(KsoError);
});
