// A plan as it is written, and what of it is meant for one platform.
import { expect, test } from "bun:test";
import {
  type Artifact,
  filesFor,
  formatPlan,
  imagesOf,
  isRequested,
  type Plan,
  sourceOf,
} from "../../src/core/plan.ts";

const common = {
  component: "etcd",
  version: "1",
  listed: true,
  reason: "listed",
  provenance: { version: "test", name: "test" },
};
const digest = `sha256:${"a".repeat(64)}` as const;
const url = "https://example.org/etcd";
const file = (name: string, platforms: readonly string[]): Artifact => ({
  kind: "file",
  name,
  ...common,
  platforms,
  url,
  path: "example.org/etcd",
});
const image: Artifact = {
  kind: "image",
  name: "etcd_image",
  ...common,
  platforms: ["linux/amd64"],
  image: "quay.io/a/etcd:1",
  digest,
};
const plan = (...artifacts: Artifact[]): Plan => ({
  schema: "kso.plan/1",
  release: { name: "kubespray-2.31.0", version: "2.31.0", commit: "c" },
  kubernetes: "1.35.4",
  platforms: ["linux/amd64", "linux/arm64"],
  artifacts,
  unavailable: [],
  unresolved: [],
  components: [],
  notes: [],
});

test("the files of a platform, and the images, in the plan's order", () => {
  const all = plan(
    file("b", ["linux/amd64"]),
    image,
    file("a", ["linux/arm64"]),
    file("c", ["linux/arm64", "linux/amd64"]),
  );
  const names = (artifacts: readonly Artifact[]): string[] => artifacts.map(({ name }) => name);
  expect(names(filesFor(all, "linux/amd64"))).toEqual(["b", "c"]);
  expect(names(filesFor(all, "linux/arm64"))).toEqual(["a", "c"]);
  expect(names(imagesOf(all))).toEqual(["etcd_image"]);
});

test("a source is the first mirror where there is one; an image's has no scheme", () => {
  const locations = ["http://10.0.0.5/one", "http://10.0.0.6/two"];
  expect(sourceOf(file("a", []))).toBe(url);
  expect(sourceOf({ ...file("a", []), locations })).toBe("http://10.0.0.5/one");
  expect(sourceOf(image)).toBe(`quay.io/a/etcd:1@${digest}`);
  expect(sourceOf({ ...image, locations })).toBe(`10.0.0.5/one@${digest}`);
});

test("a plan is written with the source of each artifact, and a digest where there is one", () => {
  const { digest: _, ...unpinned } = image as Extract<Artifact, { kind: "image" }>;
  const mirrored = { ...file("a", ["linux/amd64"]), locations: ["http://10.0.0.5/one", "http://10.0.0.6/two"] };
  const text = formatPlan(plan(mirrored, image, unpinned));
  expect(text).toEndWith("}\n");
  const { artifacts, ...others } = JSON.parse(text) as Plan;
  expect({ ...others, artifacts: [] as Artifact[] }).toEqual({ ...plan(), artifacts: [] });
  expect(artifacts as readonly object[]).toEqual([
    { ...file("a", ["linux/amd64"]), url: "http://10.0.0.5/one" },
    { ...image, source: `quay.io/a/etcd:1@${digest}` },
    { ...unpinned, source: "quay.io/a/etcd:1" },
  ]);
  expect(Object.keys(artifacts[1] as object).slice(-3)).toEqual(["image", "source", "digest"]);
});

test("what is asked for is known and not written: the reason of a component says it", () => {
  const decision = { component: "etcd", category: "core", included: true, reason: "named by --with etcd" } as const;
  const asked = { ...plan(image), components: [{ ...decision, requested: true as const }] };
  expect(JSON.parse(formatPlan(asked)).components).toEqual([decision]);
  expect(isRequested({ component: "etcd" }, asked)).toBeTrue();
  expect(isRequested({ component: "etcd" }, { ...asked, components: [decision] })).toBeFalse();
  // A base image belongs to no component.
  expect(isRequested({ component: "base" }, asked)).toBeTrue();
});
