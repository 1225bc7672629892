// Coverage: a cluster's requests compared with a bundle's lock.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import type { Lock } from "../../src/core/lock.ts";
import { platforms } from "../../src/core/platform.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { type Coverage, checkCoverage, coverageSummary } from "../../src/kubespray/coverage.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { type ClusterPlan, planCheckout } from "../../src/kubespray/plan.ts";
import { mixedCluster, modern, plant } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

function planned(variables: string): ClusterPlan {
  using folder = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), modern));
  const path = plant(join(folder.path, "inventory"), {
    "inventory.ini": mixedCluster,
    "group_vars/all.yml": variables,
  });
  const request = {
    platforms,
    selection: {},
    unavailable: "exclude",
    inventory: openClusterInventory({ ...noInventory, inventories: [join(path, "inventory.ini")] }, checkout),
  } as const;
  return planCheckout(checkout, catalog, request);
}

/** The lock of a bundle that holds all that a plan names. */
function lockOf({ plan }: ClusterPlan): Lock {
  const resolved = "2026-11-25";
  return {
    schema: "kso.lock/1",
    kso: "0",
    release: plan.release,
    kubernetes: plan.kubernetes,
    platforms: plan.platforms,
    files: plan.artifacts.flatMap((artifact) => {
      if (artifact.kind !== "file") return [];
      const { name, component, version, platforms: on, url, path, digest = `sha256:${"0".repeat(64)}` } = artifact;
      const sha256 = digest.startsWith("sha256:") ? digest : (`sha256:${"1".repeat(64)}` as const);
      return [
        {
          name,
          component,
          version,
          platforms: on,
          resolved,
          url,
          path,
          digest: sha256,
          size: 1,
          published: { digest, source: "" },
        },
      ];
    }),
    images: plan.artifacts.flatMap((artifact) => {
      if (artifact.kind !== "image") return [];
      const { name, component, version, platforms: on, image } = artifact;
      const root = {
        digest: `sha256:${"2".repeat(64)}`,
        size: 1,
        mediaType: "application/vnd.oci.image.index.v1+json",
      } as const;
      return [{ name, component, version, platforms: on, resolved, image, root, blobs: [root] }];
    }),
    unavailable: [],
  };
}

const coverageOf = (cluster: ClusterPlan, lock: Lock): Coverage => checkCoverage(cluster.plan, cluster.required, lock);
const everything = "helm_enabled: true\ngvisor_enabled: true\n";

test("a bundle made for the cluster answers every request", () => {
  const cluster = planned(everything);
  const coverage = coverageOf(cluster, lockOf(cluster));
  expect(coverage).toMatchObject({ ok: true, missing: [], unused: [], hosts: { amd64: 3, arm64: 2 } });
  expect(coverage.requests).toBe(cluster.plan.artifacts.flatMap(({ platforms: on }) => on).length);
  expect(coverageSummary(coverage)).toBe(
    `${coverage.requests} of ${coverage.requests} requests satisfied (3 amd64 hosts, 2 arm64)`,
  );
});

test("what is not there, there for another architecture, or other bytes, is missing by name", () => {
  const cluster = planned(everything);
  const whole = lockOf(cluster);
  const other = `sha256:${"f".repeat(64)}` as const;
  const lock: Lock = {
    ...whole,
    files: whole.files
      .filter(({ name, platforms: on }) => !(name === "kubelet" && on.includes("linux/arm64")))
      .map((file) => (file.name === "etcd" ? { ...file, digest: other } : file))
      .map((file) => (file.name === "helm" ? { ...file, accepted: true } : file)),
    images: whole.images.map((image) =>
      image.name === "calico_node"
        ? { ...image, platforms: ["linux/amd64"] }
        : image.name === "pod_infra"
          ? { ...image, unavailable: ["linux/arm64"] }
          : image,
    ),
  };
  const { ok, missing, requests, satisfied } = coverageOf(cluster, lock);
  expect([ok, requests - satisfied]).toEqual([false, 5]);
  expect(missing.map(({ name, platform, reason }) => `${name} ${platform}: ${reason}`)).toEqual([
    "kubelet linux/arm64: it is not in the bundle",
    expect.stringContaining("etcd linux/amd64: the bundle has other bytes: sha256:ffff"),
    expect.stringContaining("helm linux/amd64: the bundle has other bytes"),
    "calico_node linux/arm64: the bundle has it for linux/amd64 only",
    "pod_infra linux/arm64: upstream has none for linux/arm64, and the bundle was made without it",
  ]);
});

test("what upstream lacks and the lock has on record is missing to a cluster, and to a checkout alone a note", () => {
  const cluster = planned(everything);
  const whole = lockOf(cluster);
  const half = whole.images.find(({ name }) => name === "calico_node");
  if (!half) throw new Error("no image");
  const { name, component, version, image: locator } = half;
  const record = { kind: "image" as const, name, component, version, platform: "linux/arm64", locator };
  const lock: Lock = {
    ...whole,
    images: whole.images.map((image) => (image === half ? { ...image, platforms: ["linux/amd64"] } : image)),
    unavailable: [{ ...record, reason: "none", included: false }],
  };
  expect(coverageOf(cluster, lock).missing).toMatchObject([{ name, platform: "linux/arm64" }]);
  const alone = checkCoverage(cluster.plan, undefined, lock);
  expect([alone.ok, alone.missing, alone.requests - alone.satisfied]).toEqual([true, [], 0]);
  expect(alone.notes).toContain(`${name} for linux/arm64: upstream lacks it, on record in the bundle`);
  // What upstream lacks already by the plan is the same.
  const plan = { ...cluster.plan, unavailable: lock.unavailable };
  expect(checkCoverage(plan, undefined, lock).ok).toBeTrue();
  expect(checkCoverage(plan, undefined, { ...lock, unavailable: [] }).ok).toBeFalse();
});

test("bytes that were accepted satisfy where kubespray checks none, as it does with charts", () => {
  const cluster = planned(everything);
  const whole = lockOf(cluster);
  const digest = `sha256:${"f".repeat(64)}` as const;
  const files = whole.files.map((file) => (file.name === "helm" ? { ...file, accepted: true as const, digest } : file));
  const { required } = cluster;
  if (!required) throw new Error("a plan for an inventory has what it requires");
  const unchecked = { ...required, downloads: required.downloads.filter(({ item }) => item.name !== "helm") };
  expect(checkCoverage(cluster.plan, unchecked, { ...whole, files })).toMatchObject({ ok: true, missing: [] });
  for (const checking of [required, undefined])
    expect(checkCoverage(cluster.plan, checking, { ...whole, files }).missing).toMatchObject([{ name: "helm" }]);
});

test("digests are held to the algorithm that they were published with", () => {
  const cluster = planned(everything);
  const whole = lockOf(cluster);
  const other = { digest: `sha512:${"d".repeat(128)}`, source: "" } as const;
  const lock = {
    ...whole,
    files: whole.files.map((file) => (file.name === "gvisor_runsc" ? { ...file, published: other } : file)),
  };
  expect(coverageOf(cluster, whole).ok).toBeTrue();
  expect(coverageOf(cluster, lock).missing.map(({ name }) => name)).toEqual(["gvisor_runsc"]);
});

test("what cannot be evaluated is a request that nobody can answer", () => {
  const cluster = planned('helm_enabled: true\nhelm_version: "{{ nobody }}"\n');
  const lock = lockOf(cluster);
  const coverage = coverageOf(cluster, lock);
  expect(coverage.ok).toBeFalse();
  expect(coverage.missing).toEqual([]);
  expect(coverage.unresolved).toMatchObject([
    { name: "helm", reason: expect.stringContaining("'nobody' is undefined") },
  ]);
  expect(coverage.requests - coverage.satisfied).toBe(coverage.unresolved[0]?.platforms.length as number);
  const onRecord = coverage.unresolved.map((item) => ({ ...item, allowed: true as const }));
  expect(coverageOf(cluster, { ...lock, unresolved: onRecord })).toMatchObject({ ok: true, unresolved: [] });
});

test("what the cluster does not ask for is unused, by architecture", () => {
  const lock = lockOf(planned(everything));
  const { ok, unused } = coverageOf(planned("kube_network_plugin: none\n"), lock);
  expect(ok).toBeTrue();
  expect(unused.map(({ kind, locator, platforms: on }) => `${kind} ${locator} ${on}`)).toEqual([
    expect.stringContaining("file get.helm.sh/helm-v3.18.4-linux-amd64.tar.gz linux/amd64"),
    expect.stringContaining("file storage.googleapis.com/gvisor"),
    "image quay.io/calico/node:v3.31.5 linux/amd64,linux/arm64",
  ]);
});

test("an image that is pinned is there when the bundle has it by that digest, under whatever tag", () => {
  const digest = `sha256:${"2".repeat(64)}`;
  const cluster = planned(`calico_node_image_tag: v3.31.5@${digest}\n`);
  const lock = lockOf(cluster);
  expect(coverageOf(cluster, lock)).toMatchObject({ ok: true, unused: [] });
  const retagged = (image: string): Lock => ({
    ...lock,
    images: lock.images.map((one) => (one.name === "calico_node" ? { ...one, image } : one)),
  });
  expect(coverageOf(cluster, retagged("quay.io/calico/node:other"))).toMatchObject({ ok: true, unused: [] });
  expect(coverageOf(cluster, retagged("quay.io/calico/other:v3.31.5")).missing).toHaveLength(2);
  const other = planned(`calico_node_image_tag: v3.31.5@sha256:${"3".repeat(64)}\n`);
  expect(coverageOf(other, lock).missing[0]).toMatchObject({
    locator: `quay.io/calico/node:v3.31.5@sha256:${"3".repeat(64)}`,
    reason: `the bundle has ${digest} under that name, and it is asked for by sha256:${"3".repeat(64)}`,
  });
});
