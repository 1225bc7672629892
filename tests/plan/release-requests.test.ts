import { expect, test } from "bun:test";
import { plugins } from "../../plugins/index.ts";
import { openCatalog } from "../../src/catalog/open.ts";
import type { Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { mergePlans } from "../../src/plan/merge-releases.ts";
import { type RequestedReleases, releaseRequests, resolveEach } from "../../src/plan/release-requests.ts";
import type { Selection } from "../../src/plan/selection.ts";

const catalog = openCatalog({ plugins });
const requests = (asked: RequestedReleases, selection: Selection = {}): ReturnType<typeof releaseRequests> =>
  releaseRequests(catalog, { platforms, selection, unavailable: "exclude" }, asked);
const pairs = (asked: RequestedReleases): unknown[] => requests(asked).map((one) => [one.release, one.kubernetes]);

test("each release once, the oldest first, with the Kubernetes version that is for it", () => {
  expect(pairs({})).toEqual([[catalog.releases.at(-1), undefined]]);
  expect(pairs({ releases: ["v2.31.0", "2.29.1", "kubespray-2.31.0"] })).toEqual([
    ["2.29.1", undefined],
    ["2.31.0", undefined],
  ]);
  expect(pairs({ releases: ["2.30.0", "2.31.0"], kubernetes: ["1.34", "2.30.0=1.33"] })).toEqual([
    ["2.30.0", "1.33"],
    ["2.31.0", "1.34"],
  ]);
});

test.each<[RequestedReleases, string]>([
  [{ kubernetes: ["1.34", "1.35"] }, "--kube names 1.34 and 1.35"],
  [{ releases: ["2.30.0"], kubernetes: ["2.31.0=1.35"] }, "kubespray 2.31.0 is not planned; what is planned: 2.30.0"],
  [{ releases: ["2.30.0"], kubernetes: ["2.30.0="] }, "write one version for each release"],
  [{ releases: ["2.30.0"], kubernetes: ["2.30.0=1.34", "2.30.0=1.33"] }, "write one version for each release"],
  [{ releases: ["2.31.0", "9.9.9"] }, 'Unknown kubespray release "9.9.9"'],
])("%j is refused", (asked, message) => {
  expect(() => requests(asked)).toThrow(message);
});

test("a Kubernetes version that one of the releases does not know is an error that names it", () => {
  expect(() => resolveEach(catalog, requests({ releases: ["2.29.1", "2.31.0"], kubernetes: ["1.35"] }))).toThrow(
    /1\.35 is not supported by kubespray-2\.29\.1.*--kube 2\.29\.1=VERSION/,
  );
});

test("what a kind of site does without is left out of every release", () => {
  const profile = { name: "on-premises", description: "", leavesOut: { "azure-csi": "no cloud" } };
  const both = resolveEach(catalog, requests({ releases: ["2.30.0", "2.31.0"] }, { profile }));
  expect(both.map(({ plan }) => plan.profile)).toEqual(["on-premises", "on-premises"]);
  expect(mergePlans(both.map(({ plan }) => plan) as [Plan, ...Plan[]]).profile).toBe("on-premises");
});

test("a component that only some of the releases have is no error: the others are without it, and say so", () => {
  const [old, newer] = resolveEach(
    catalog,
    requests({ releases: ["2.22.0", "2.31.0"] }, { only: ["gateway-api", "etcd"] }),
  );
  expect(newer?.plan.artifacts.some(({ component }) => component === "gateway-api")).toBe(true);
  expect(old?.plan.artifacts.map(({ component }) => component)).toEqual(old?.plan.artifacts.map(() => "etcd") ?? []);
  expect(old?.plan.notes).toContain("kubespray 2.22.0 has no gateway-api");
  expect(() => resolveEach(catalog, requests({ releases: ["2.22.0", "2.31.0"] }, { only: ["calcio"] }))).toThrow(
    'did you mean "calico"?',
  );
});
