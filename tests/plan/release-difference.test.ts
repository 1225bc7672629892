// Two releases are planned for one selection, of which each takes what it has.
import { expect, test } from "bun:test";
import { platforms } from "../../src/core/platform.ts";

import { diffReleases, type ReleaseDifference } from "../../src/plan/release-difference.ts";
import type { Selection } from "../../src/plan/selection.ts";
import { catalog, planFor } from "../support/plan.ts";

const difference = (selection: Selection, from: string, to?: string): ReleaseDifference =>
  diffReleases({ request: { platforms, selection, unavailable: "exclude" }, from, to }, catalog);

test("without a second release the newest is compared", () => {
  const { from, to } = difference({}, "2.25.1");
  expect(from).toEqual(planFor({ release: "2.25.1" }));
  expect(to).toEqual(planFor({}));
});

test("a component that only one release has is added or removed; one that neither has is an error", () => {
  // Krew is gone from 2.31.
  for (const [from, to] of [
    ["2.25.1", "2.31.0"],
    ["2.31.0", "2.25.1"],
  ] as const) {
    const { difference: found } = difference({ only: ["etcd", "krew"] }, from, to);
    const krew = found.artifacts.filter(({ name }) => name === "krew");
    expect(krew.length).toBeGreaterThan(0);
    expect(
      new Set(krew.map(({ from: before, to: after }) => [before !== undefined, after !== undefined].join())),
    ).toEqual(new Set([from === "2.25.1" ? "true,false" : "false,true"]));
  }
  expect(() => difference({ with: ["krew"] }, "2.30.0", "2.31.0")).toThrow("has no krew");
});

test("`none` is no component: it leaves every one of a category out of both", () => {
  const { from, to } = difference({ cni: ["none"], runtime: ["containerd"] }, "2.25.1");
  for (const { components } of [from, to])
    expect(components.filter(({ category, included }) => category === "cni" && included)).toEqual([]);
});
