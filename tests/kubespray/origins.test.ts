// Which variables of a release lead to the world outside.
import { expect, test } from "bun:test";
import { releaseOrigins } from "../../src/kubespray/origins.ts";

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
  expect(releaseOrigins(Object.entries({ ...urls, ...images }))).toEqual({
    azure_csi_plugin_image_repo: "mcr.microsoft.com/k8s/csi",
    github_url: "https://github.com",
    quay_image_repo: "quay.io",
    yq_download_url: "https://github.com/mikefarah/yq/{{ yq_version }}/yq_linux_{{ image_arch }}",
  });
});

test("a later variable of a name wins", () => {
  const origin = (url: string): [string, string] => ["argocd_install_url", `https://${url}.example.com/install.yaml`];
  expect(releaseOrigins([origin("role"), origin("shared")])).toEqual(Object.fromEntries([origin("shared")]));
});
