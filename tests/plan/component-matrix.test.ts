// The matrix of components and platforms, held against the plan that it sums up.
import { expect, test } from "bun:test";
import { platforms } from "../../src/core/platform.ts";
import { componentMatrix } from "../../src/plan/component-matrix.ts";
import { resolve } from "../../src/plan/resolve.ts";
import { catalog } from "../support/plan.ts";

const matrixOf = (release: string): ReturnType<typeof componentMatrix> =>
  componentMatrix({ release, platforms, selection: {}, unavailable: "exclude" }, async (request) =>
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
