// Which variables of a release lead to the world outside.
import { expect, test } from "bun:test";
import { releaseOrigins } from "../../src/kubespray/origins.ts";

test("origins are the variables that begin with a host, and no others", () => {
  const urls = {
    github_url: "https://github.com",
    helm_download_url: "{{ get_helm_url }}/helm.tar.gz",
    yq_download_url: "https://github.com/mikefarah/yq/{{ yq_version }}/yq_linux_{{ image_arch }}",
    // Of forks.
    dl_k8s_io_url: "http://10.0.0.5:8080/dl",
    get_helm_url: "https://nexus/helm",
    etcd_client_url: "https://{{ etcd_access_address }}:2379",
  };
  const images = {
    quay_image_repo: "quay.io",
    kube_image_repo: "harbor:5000/kube",
    azure_csi_plugin_image_repo: "mcr.microsoft.com/k8s/csi",
    docker_image_repo: "nexus.lan:8443",
    nginx_image_repo: "library/nginx",
    etcd_image_repo: "{{ quay_image_repo }}/coreos/etcd",
    registry_image_tag: "docker.io",
  };
  expect(releaseOrigins(Object.entries({ ...urls, ...images }))).toEqual({
    azure_csi_plugin_image_repo: "mcr.microsoft.com/k8s/csi",
    dl_k8s_io_url: "http://10.0.0.5:8080/dl",
    docker_image_repo: "nexus.lan:8443",
    get_helm_url: "https://nexus/helm",
    github_url: "https://github.com",
    kube_image_repo: "harbor:5000/kube",
    quay_image_repo: "quay.io",
    yq_download_url: "https://github.com/mikefarah/yq/{{ yq_version }}/yq_linux_{{ image_arch }}",
  });
});

test("a later variable of a name wins", () => {
  const origin = (url: string): [string, string] => ["argocd_install_url", `https://${url}.example.com/install.yaml`];
  expect(releaseOrigins([origin("role"), origin("shared")])).toEqual(Object.fromEntries([origin("shared")]));
});
