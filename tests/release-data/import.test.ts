// The importer over made-up facts: thresholds inside a minor version, a digest that a later release corrects, idempotence.
import { expect, test } from "bun:test";
import type { Facts, Pins, ReleaseFacts } from "../../src/release-data/facts.ts";
import { releaseOrigins } from "../../src/release-data/origins.ts";
import { importPins } from "../../src/release-data/pins.ts";

const facts = (version: Record<string, string>, image: Record<string, string> = {}): Facts => ({
  tag: "v9.0.0",
  commit: "0",
  commit_date: "2026-01-01",
  checksums: {},
  kube_versions: {},
  download_url_templates: {},
  downloads_raw: {},
  version_expressions: version,
  image_templates: image,
  shadowed_elsewhere: [],
});
const at = (kubernetes: string, vars: Record<string, unknown>): Pins => ({
  broken: [],
  supported_versions: { etcd_supported_versions: { "1.30": "1", "1.31": "1" }, m: { "1.30": "v7", "1.31": "v8" } },
  vars: { kube_version: kubernetes, ...vars },
});

test("a threshold inside a minor version becomes a step", () => {
  const release: ReleaseFacts = {
    facts: facts({
      coredns_version: "{{ 'b' if kube_version is version('1.30.5', '>=') else 'a' }}",
      helm_version: "v3",
    }),
    pins: [
      at("1.31.2", { coredns_version: "b", helm_version: "v3" }),
      at("1.30.0", { coredns_version: "a", helm_version: "v3" }),
    ],
  };
  expect(importPins(release)).toEqual({
    pins: { helm_version: "3" },
    byKubernetes: {
      coredns_version: [
        { from: "1.30.0", value: "a" },
        { from: "1.30.5", value: "b" },
      ],
    },
  });
});

test("a tag that repeats a version, or looks one up, follows the Kubernetes version where only the default was evaluated", () => {
  const release: ReleaseFacts = {
    facts: facts(
      { etcd_version: "{{ etcd_supported_versions[kube_major_version] }}" },
      {
        etcd_image_tag: "v{{ etcd_version }}",
        snapshot_image_tag: "{{ m[kube_major_version] }}",
        fixed_image_tag: "v1",
      },
    ),
    pins: [at("1.31.2", { etcd_version: "3.6", etcd_image_tag: "v3.6" }), at("1.30.0", { etcd_version: "3.5" })],
  };
  expect(importPins(release)).toEqual({
    pins: { fixed_image_tag: "v1" },
    byKubernetes: {
      etcd_version: [
        { from: "1.30.0", value: "3.5" },
        { from: "1.31.0", value: "3.6" },
      ],
      etcd_image_tag: [
        { from: "1.30.0", value: "v3.5" },
        { from: "1.31.0", value: "v3.6" },
      ],
      snapshot_image_tag: [
        { from: "1.30.0", value: "v7" },
        { from: "1.31.0", value: "v8" },
      ],
    },
  });
});

test("values that the evaluations do not decide are refused", () => {
  const release: ReleaseFacts = {
    facts: facts({ x_version: "{{ kube_major_version }}" }),
    pins: [at("1.31.2", { x_version: "b" })],
  };
  expect(() => importPins(release)).toThrow("Cannot import x_version: no value for Kubernetes 1.30.0 to 1.31.0");
});

test("origins are the variables that begin with a host, and no others", () => {
  const urls = {
    github_url: "https://github.com",
    helm_download_url: "{{ get_helm_url }}/helm.tar.gz",
    yq_download_url: "https://github.com/mikefarah/yq/{{ yq_version }}/yq_linux_{{ image_arch }}",
    etcd_client_url: "https://{{ etcd_access_address }}:2379",
  };
  const images = {
    quay_image_repo: "quay.io",
    azure_csi_plugin_image_repo: "mcr.microsoft.com/k8s/csi",
    etcd_image_repo: "{{ quay_image_repo }}/coreos/etcd",
    registry_image_tag: "docker.io",
  };
  expect(releaseOrigins({ ...facts({}, images), download_url_templates: urls, tag: "v2.22.0" })).toEqual({
    azure_csi_plugin_image_repo: "mcr.microsoft.com/k8s/csi",
    github_url: "https://github.com",
    quay_image_repo: "quay.io",
    yq_download_url: "https://github.com/mikefarah/yq/{{ yq_version }}/yq_linux_{{ image_arch }}",
  });
  const argocd = (tag: string): string | undefined => releaseOrigins({ ...facts({}), tag })["argocd_install_url"];
  expect(argocd("v2.27.1")).toContain("/argo-cd/{{ argocd_version }}/");
  expect(argocd("v2.28.0")).toContain("/argo-cd/v{{ argocd_version }}/");
  // Its facts have it.
  expect(argocd("v2.28.1")).toBeUndefined();
});
