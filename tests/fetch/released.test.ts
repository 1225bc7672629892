import { expect, test } from "bun:test";
import { parseLock } from "../../src/bundle/lock.ts";
import { formatLock, type Lock } from "../../src/core/lock.ts";
import type { Artifact, Plan } from "../../src/core/plan.ts";
import { lockOf } from "../../src/core/releases.ts";
import { withoutReleases, withReleases } from "../../src/fetch/released.ts";
import { mergePlans } from "../../src/plan/merge-releases.ts";
import { bench, digestOf, lockOf as fetchedLock, file, multi, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";

const one = sample(1000, 1);
const step = (version: string, ...artifacts: Artifact[]): Plan => ({
  ...planOf(...artifacts),
  release: { name: `kubespray-${version}`, version, commit: "" },
});
const own = file("one", digestOf(one));
/** Both want the same bytes; the newer one calls the item otherwise. */
const plans: [Plan, Plan] = [
  step("2.30.0", own, pulled("team/app:1")),
  step("2.31.0", { ...own, name: "renamed", version: "2" }, pulled("team/app:1")),
];

test("one fetch for all releases; the part of each is the lock that it alone would have", async () => {
  await using lab = await bench({ one });
  lab.registry.add("team/app", multi, "1");
  const plan = mergePlans(plans);
  const lock = withReleases(fetchedLock(await lab.fetch(plan)), plan);
  expect(lock.files.map(({ name, releases }) => [name, releases])).toEqual([
    ["one", ["2.30.0"]],
    ["renamed", ["2.31.0"]],
  ]);
  expect(lock.images.map(({ releases }) => releases)).toEqual([["2.30.0", "2.31.0"]]);
  for (const part of plans) expect(lockOf(lock, part.release.version)).toEqual(fetchedLock(await lab.fetch(part)));
  expect(parseLock(formatLock(lock), "it")).toEqual(lock);
  expect(formatLock(withoutReleases(lock))).not.toContain('"releases"');

  const contradict = (change: Partial<Lock>, message: string): void => {
    const text = JSON.stringify({ ...lock, ...change });
    expect(() => parseLock(text, "it")).toThrow(message);
  };
  contradict({ schema: "kso.lock/1" }, 'its schema is "kso.lock/1", and it names several releases');
  contradict({ kubernetes: "1.0.0" }, "and the last of releases");
  contradict({ images: lock.images.map(({ releases: _, ...image }) => image) }, "does not say which release wants it");
  contradict({ files: lock.files.map((each) => ({ ...each, releases: ["9.9.9"] })) }, "is for 9.9.9, and the lock for");
});
