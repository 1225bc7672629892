// Which variables of a release lead to the world outside.
import { expect, test } from "bun:test";
import { releaseOrigins } from "../../src/release-data/origins.ts";

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
  expect(releaseOrigins("2.22.0", Object.entries({ ...urls, ...images }))).toEqual({
    azure_csi_plugin_image_repo: "mcr.microsoft.com/k8s/csi",
    github_url: "https://github.com",
    quay_image_repo: "quay.io",
    yq_download_url: "https://github.com/mikefarah/yq/{{ yq_version }}/yq_linux_{{ image_arch }}",
  });
  const argocd = (version: string): string | undefined => releaseOrigins(version, [])["argocd_install_url"];
  expect(argocd("2.27.1")).toContain("/argo-cd/{{ argocd_version }}/");
  expect(argocd("2.28.0")).toContain("/argo-cd/v{{ argocd_version }}/");
  // Its facts have it.
  expect(argocd("2.28.1")).toBeUndefined();
});
