// What is known of images' architectures before anybody asks a registry.
import { expect, test } from "bun:test";
import { findImageFact, type ImageFactSources } from "../../src/catalog/image-facts.ts";
import { componentSchema, parseManifest } from "../../src/catalog/schema.ts";
import type { ImageTable } from "../../src/core/manifest.ts";

const table = (source: string, tags: ImageTable["tags"]): Record<string, ImageTable> => ({
  "quay.io/team/app": { source, tags },
});
const sources = (own: ImageTable["tags"], embedded: ImageTable["tags"]): ImageFactSources => ({
  component: () => ({ name: "app", images: table("embedded", embedded) }),
  overlay: () => ({ manifest: { name: "app", images: table("own", own) }, path: "own/app.json" }),
});
const fact = (from: ImageFactSources, tag: string, arch = "arm64"): unknown =>
  findImageFact(from, { component: "app", image: `quay.io/team/app:${tag}` }, `linux/${arch}`);

test("the user's manifests come first, a tag before what is so for every one, and nothing known is no statement", () => {
  const both = sources({ "1": { arm64: false } }, { "1": { amd64: true, arm64: true }, "*": { arm64: true } });
  expect(fact(both, "1")).toEqual({ available: false, source: "own" });
  expect(fact(both, "1", "amd64")).toEqual({ available: true, source: "embedded" });
  expect(fact(both, "2")).toEqual({ available: true, source: "embedded" });
  expect(fact(both, "2", "amd64")).toBeUndefined();
  const port = { component: "app", image: "127.0.0.1:5000/team/app:1" };
  expect(findImageFact(both, port, "linux/arm64")).toBeUndefined();
});

test.each([
  [{ "quay.io/team/app:1": { source: "x", tags: {} } }, "must be HOST/REPOSITORY"],
  [{ "quay.io/team/app": { source: "", tags: {} } }, "source"],
  [{ "quay.io/team/app": { source: "x", tags: { "1": { arm64: "yes" } } } }, "arm64"],
  [{ "quay.io/team/app": { source: "x", tags: { "1": { "linux/arm64": true } } } }, "linux/arm64"],
])("a manifest with %j is refused", (images, message) => {
  const text = JSON.stringify({ name: "app", images });
  expect(() => parseManifest(componentSchema, text, "app.json")).toThrow(message);
});
