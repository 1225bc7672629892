// Artifacts that roles use without listing them in `downloads`: plugins own them, `--with` adds them, and no list of kubespray's has them.
import { expect, test } from "bun:test";
import { EvaluationBudget } from "../../src/ansible/jinja/budget.ts";
import { Templar } from "../../src/ansible/jinja/templar.ts";
import { filesFor, imagesOf } from "../../src/core/plan.ts";
import { catalog, contributionsFor, planFor } from "../support/plan.ts";

const imagesWith = (release: string, component: string): string[] =>
  imagesOf(planFor({ release, selection: { only: [], with: [component] } }))
    .filter((artifact) => artifact.component === component)
    .map(({ image }) => image);

test.each([
  ["2.31.0", "local-path-provisioner", "docker.io/library/busybox:latest"],
  ["2.31.0", "vsphere-csi", "registry.k8s.io/csi-vsphere/driver:v3.3.1"],
  ["2.26.1", "vsphere-csi", "gcr.io/cloud-provider-vsphere/csi/release/syncer:v3.1.0"],
  ["2.23.0", "vsphere-csi", "registry.k8s.io/sig-storage/csi-resizer:v1.4.0"],
  ["2.31.0", "vsphere-cloud-controller", "registry.k8s.io/cloud-pv-vsphere/cloud-provider-vsphere:v1.31.0"],
  ["2.31.0", "upcloud-csi", "ghcr.io/upcloudltd/upcloud-csi:v1.1.0"],
  ["2.26.0", "upcloud-csi", "k8s.gcr.io/sig-storage/csi-snapshotter:v4.2.1"],
  ["2.31.0", "hcloud-cloud-controller", "docker.io/hetznercloud/hcloud-cloud-controller-manager:latest"],
  [
    "2.25.0",
    "huawei-cloud-controller",
    "swr.ap-southeast-1.myhuaweicloud.com/k8s-cloudprovider/huawei-cloud-controller-manager:v0.26.8",
  ],
  ["2.26.0", "oci-cloud-controller", "iad.ocir.io/oracle/cloud-provider-oci:0.7.0"],
  ["2.27.0", "oci-cloud-controller", "ghcr.io/oracle/cloud-provider-oci:v1.29.0"],
  ["2.24.0", "openstack-cloud-controller", "docker.io/k8scloudprovider/openstack-cloud-controller-manager:v1.25.3"],
  ["2.27.1", "openstack-cloud-controller", "registry.k8s.io/provider-os/openstack-cloud-controller-manager:v1.30.0"],
  ["2.27.1", "openstack-cloud-controller", "registry.k8s.io/provider-os/openstack-cloud-controller-manager:v1.31.1"],
  ["2.31.0", "cinder-csi", "registry.k8s.io/sig-storage/csi-attacher:v4.4.2"],
  ["2.31.0", "aws-ebs-csi", "docker.io/amazon/aws-ebs-csi-driver:latest"],
  ["2.31.0", "azure-csi", "mcr.microsoft.com/k8s/csi/azuredisk-csi:latest"],
  ["2.31.0", "kubelet-csr-approver", "ghcr.io/postfinance/kubelet-csr-approver:v1.1.0"],
  ["2.22.0", "kubelet-csr-approver", "docker.io/postfinance/kubelet-csr-approver:v0.2.8"],
  ["2.31.0", "argocd", "ghcr.io/dexidp/dex:v2.41.1"],
  ["2.31.0", "argocd", "docker.io/library/redis:7.2.11-alpine"],
  ["2.31.0", "argocd", "docker.io/library/redis:7.0.15-alpine"],
  ["2.25.0", "argocd", "docker.io/library/redis:7.0.14-alpine"],
  ["2.31.0", "cilium", "quay.io/cilium/operator-generic:v1.19.3"],
])("%s --with %s brings %s", (release, component, image) => {
  expect(imagesWith(release, component)).toContain(image);
});

test.each(["2.26.1", "2.22.0"])("%s deploys no UpCloud snapshotter before it has one", (release) => {
  const has = imagesWith(release, "upcloud-csi").some((image) => image.includes("csi-snapshotter"));
  expect(has).toBe(release === "2.26.1");
});

test.each([
  ["2.31.0", "cilium", "helm.cilium.io/cilium-1.19.3.tgz"],
  ["2.28.0", "cilium", "helm.cilium.io/cilium-1.17.3.tgz"],
  ["2.31.0", "kubelet-csr-approver", "postfinance.github.io/kubelet-csr-approver/kubelet-csr-approver-1.1.0.tgz"],
])("%s --with %s brings the chart %s, with the digest of its index", (release, component, path) => {
  const plan = planFor({ release, selection: { only: [], with: [component] } });
  for (const platform of ["linux/amd64", "linux/arm64"])
    expect(filesFor(plan, platform).find((file) => file.path === path)?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test("a plan without flags holds only what kubespray lists", () => {
  for (const release of catalog.releases)
    for (const artifact of planFor({ release }).artifacts)
      expect([artifact.name, artifact.listed]).toEqual([artifact.name, true]);
});

test("every condition is one that can be evaluated, and rests on kubespray's variables", () => {
  const conditions = new Set(
    ["2.22.0", "2.27.1", "2.31.0"].flatMap((release) => contributionsFor(release).flatMap(({ when }) => when ?? [])),
  );
  expect(conditions.size).toBeGreaterThan(15);
  for (const condition of conditions) {
    const seen: string[] = [];
    const host = new Templar((name) => {
      seen.push(name);
      return false;
    }, new EvaluationBudget());
    expect([condition, host.expression(condition)]).toEqual([condition, false]);
    expect(seen.length).toBeGreaterThan(0);
  }
});

/** Variants of listed items: a cluster takes one of the two. */
const variants = new Set([
  "containerd_static",
  "gateway_api_experimental_crds",
  "kube-vip-iptables",
  "cilium_hubble_envoy",
]);

test("what no list names has a condition, or a component that is never in by itself", () => {
  for (const release of catalog.releases) {
    const { lists } = catalog.release(release);
    const bare = contributionsFor(release).filter(
      ({ kind, name, when }) => !when && !(kind === "file" ? lists.files : lists.images).includes(name),
    );
    expect(bare.map(({ name }) => name).filter((name) => !variants.has(name))).toEqual([]);
  }
});
