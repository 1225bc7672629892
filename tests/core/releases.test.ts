import { expect, test } from "bun:test";
import type { Lock } from "../../src/core/lock.ts";
import {
  listed,
  lockOf,
  locksOf,
  releasesName,
  releasesOf,
  releasesTag,
  releasesText,
} from "../../src/core/releases.ts";

const release = (version: string): Lock["release"] => ({ name: `kubespray-${version}`, version, commit: "c" });
const unresolved = {
  kind: "file" as const,
  name: "x",
  component: "x",
  platforms: [],
  field: "",
  expression: "",
  reason: "",
};
const single: Lock = {
  schema: "kso.lock/1",
  kso: "1",
  release: release("2.31.0"),
  kubernetes: "1.35.4",
  platforms: ["linux/amd64"],
  files: [],
  images: [],
  unavailable: [],
};
const several: Lock = {
  ...single,
  schema: "kso.lock/2",
  releases: [
    { ...release("2.29.1"), kubernetes: "1.33.7" },
    { ...release("2.30.0"), kubernetes: "1.34.3" },
    { ...release("2.31.0"), kubernetes: "1.35.4" },
  ],
  unresolved: [{ ...unresolved, releases: ["2.30.0"] }],
};

test("one release has its own name, several a name together", () => {
  expect([releasesName(single), releasesTag(single), releasesText(single)]).toEqual([
    "kubespray-2.31.0",
    "2.31.0",
    "kubespray-2.31.0, Kubernetes 1.35.4",
  ]);
  expect([releasesName(several), releasesTag(several), releasesText(several)]).toEqual([
    "kubespray-2.29.1-to-2.31.0",
    "2.29.1-to-2.31.0",
    "kubespray 2.29.1, 2.30.0 and 2.31.0",
  ]);
  expect(releasesOf(single)).toEqual([{ ...single.release, kubernetes: "1.35.4" }]);
  expect([listed(["a"]), listed(["a", "b"])]).toEqual(["a", "a and b"]);
});

test("the lock of one release is one of that release alone", () => {
  expect(locksOf(single)).toEqual([single]);
  expect(lockOf(several, "2.31.0")).toEqual(single);
  expect(lockOf(several, "2.30.0")).toEqual({
    ...single,
    release: release("2.30.0"),
    kubernetes: "1.34.3",
    unresolved: [unresolved],
  });
  expect(() => lockOf(several, "2.28.0")).toThrow(
    "It is for kubespray 2.29.1, 2.30.0 and 2.31.0, not for kubespray 2.28.0",
  );
});
