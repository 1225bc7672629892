// The matrix of components and platforms, held against the plan that it sums up.
import { expect, test } from "bun:test";
import { platforms } from "../../src/core/platform.ts";
import { componentMatrix } from "../../src/plan/component-matrix.ts";
import { type ImageKnowledge, imageKnowledge } from "../../src/plan/image-knowledge.ts";
import { resolve } from "../../src/plan/resolve.ts";
import { catalog, planFor } from "../support/plan.ts";

const nothing: ImageKnowledge = () => undefined;
const matrixOf = (release: string, knowledge = nothing): ReturnType<typeof componentMatrix> =>
  componentMatrix({ release, platforms, selection: {}, unavailable: "exclude" }, knowledge, async (request) =>
    resolve(catalog, request),
  );

test("on each platform a component is complete, unknown, partial, unavailable or none", async () => {
  const { rows } = await matrixOf("2.25.1");
  const row = (name: string): unknown => rows.find(({ component }) => component === name);
  expect(row("helm")).toMatchObject({
    category: "tool",
    listed: true,
    platforms: { "linux/amd64": "complete", "linux/arm64": "complete" },
    unavailable: [],
  });
  expect(row("youki")).toEqual({
    component: "youki",
    category: "runtime",
    versions: ["0.1.0"],
    listed: true,
    platforms: { "linux/amd64": "complete", "linux/arm64": "unavailable" },
    unavailable: [
      { name: "youki", version: "0.1.0", platform: "linux/arm64", reason: "youki 0.1.0 is built for x86-64 only" },
    ],
  });
  // Of an image nobody knows before it is fetched.
  expect(row("coredns")).toMatchObject({ platforms: { "linux/amd64": "unknown", "linux/arm64": "unknown" } });
  // In by name only, and still a row of the matrix.
  expect(row("argocd")).toMatchObject({ listed: false, platforms: { "linux/amd64": "partial" } });
});

test.each(catalog.releases.map((release) => [release]))("%s: each row agrees with the plan", async (release) => {
  const { plan, rows } = await matrixOf(release);
  expect(rows.map(({ component }) => component)).toEqual(plan.components.map(({ component }) => component));
  expect(rows.flatMap(({ unavailable }) => unavailable)).toHaveLength(plan.unavailable.length);
  for (const { component, platforms: states } of rows)
    for (const [platform, state] of Object.entries(states)) {
      const items = plan.artifacts.filter((item) => item.component === component && item.platforms.includes(platform));
      const some = items.length > 0;
      const known = items.every((item) => item.kind === "file" && item.digest !== undefined);
      const lacks = plan.unavailable.some((item) => item.component === component && item.platform === platform);
      const expected = some ? (lacks ? "partial" : known ? "complete" : "unknown") : lacks ? "unavailable" : "none";
      expect([component, platform, state]).toEqual([component, platform, expected]);
    }
});

test("an image is there, is not, or unknown, as manifests and the last lock have it", async () => {
  const digest = `sha256:${"a".repeat(64)}` as const;
  const root = { mediaType: "application/vnd.oci.image.index.v1+json", digest, size: 1 };
  const named = { name: "coredns", component: "coredns", version: "1.12.4" };
  const locked = {
    ...named,
    platforms: ["linux/amd64", "linux/arm64"],
    resolved: "2026-11-24",
    image: "registry.k8s.io/coredns/coredns:v1.12.4",
    root,
    blobs: [root],
  };
  const unavailable = {
    kind: "image" as const,
    name: "nginx",
    component: "nginx",
    version: "1.28.2-alpine",
    platform: "linux/arm64",
    locator: "docker.io/library/nginx:1.28.2-alpine",
    reason: "none",
    included: false,
  };
  const { release, kubernetes } = planFor({});
  const lock = {
    schema: "kso.lock/1" as const,
    kso: "0.1.0",
    release,
    kubernetes,
    platforms: locked.platforms,
    files: [],
    images: [locked],
    unavailable: [unavailable],
  };
  const table = { source: "looked up", tags: { "*": { amd64: true, arm64: true }, "v0.13.9": { arm64: false } } };
  const sources = {
    component: (name: string) =>
      name === "metallb"
        ? { name, images: { "quay.io/metallb/controller": table, "quay.io/metallb/speaker": table } }
        : undefined,
  };
  const { rows, unavailable: all } = await matrixOf("2.31.0", imageKnowledge(sources, { lock, path: "kso.lock.json" }));
  const states = (name: string): unknown => rows.find(({ component }) => component === name)?.platforms;
  expect(states("coredns")).toEqual({ "linux/amd64": "complete", "linux/arm64": "complete" });
  expect(states("nginx")).toEqual({ "linux/amd64": "unknown", "linux/arm64": "unavailable" });
  expect(states("metallb")).toEqual({ "linux/amd64": "complete", "linux/arm64": "unavailable" });
  expect(states("flannel")).toEqual({ "linux/amd64": "unknown", "linux/arm64": "unknown" });
  expect(all.filter(({ kind }) => kind === "image").map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
    "nginx: upstream's image has none for this architecture (kso.lock.json)",
    "metallb_speaker: upstream's image has none for this architecture (looked up)",
    "metallb_controller: upstream's image has none for this architecture (looked up)",
  ]);
});
