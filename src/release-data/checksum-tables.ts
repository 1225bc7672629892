// Which file of which component each of kubespray's checksum tables is about. Source: kubespray's roles/*/defaults/main/download.yml
// and vars/main/checksums.yml at the tags v2.22.0 to v2.31.0.
import { since } from "../core/version.ts";

/** The component and the file that a table is about; undefined for a table that is not known. */
export function ownerOf(table: string, kubespray: string): { component: string; file: string } | undefined {
  if (table === "youki_checksums") {
    // One table, three different archives: see plugins/youki.ts.
    const file = since(kubespray, "2.28.0") ? "youki-gnu" : since(kubespray, "2.27.0") ? "youki-musl" : "youki-linux";
    return { component: "youki", file };
  }
  const owner = tables[table];
  return owner && { component: owner[0], file: owner[1] };
}

const tables: Readonly<Record<string, readonly [component: string, file: string]>> = {
  argocd_install_checksums: ["argocd", "argocd_install"],
  calico_crds_archive_checksums: ["calico", "calico_crds-archive"],
  calico_crds_checksums: ["calico", "calico_crds"],
  calicoctl_binary_checksums: ["calico", "calicoctl"],
  ciliumcli_binary_checksums: ["cilium", "ciliumcli"],
  cni_binary_checksums: ["cni-plugins", "cni"],
  containerd_archive_checksums: ["containerd", "containerd"],
  containerd_static_archive_checksums: ["containerd", "containerd_static"],
  cri_dockerd_archive_checksums: ["cri-dockerd", "cri_dockerd"],
  crictl_checksums: ["crictl", "crictl"],
  crio_archive_checksums: ["crio", "crio"],
  crun_checksums: ["crun", "crun"],
  etcd_binary_checksums: ["etcd", "etcd"],
  gateway_api_experimental_crds_checksums: ["gateway-api", "gateway_api_experimental_crds"],
  gateway_api_standard_crds_checksums: ["gateway-api", "gateway_api_crds"],
  gvisor_containerd_shim_binary_checksums: ["gvisor", "gvisor_containerd_shim"],
  gvisor_runsc_binary_checksums: ["gvisor", "gvisor_runsc"],
  helm_archive_checksums: ["helm", "helm"],
  kata_containers_binary_checksums: ["kata-containers", "kata_containers"],
  krew_archive_checksums: ["krew", "krew"],
  kubeadm_checksums: ["kubernetes", "kubeadm"],
  kubectl_checksums: ["kubernetes", "kubectl"],
  kubelet_checksums: ["kubernetes", "kubelet"],
  nerdctl_archive_checksums: ["nerdctl", "nerdctl"],
  prometheus_operator_crds_checksums: ["prometheus-operator-crds", "prometheus_operator_crds"],
  runc_checksums: ["runc", "runc"],
  skopeo_binary_checksums: ["skopeo", "skopeo"],
  yq_checksums: ["yq", "yq"],
};

/** True for a file that kubespray has a checksum table for. The digests of others are their upstream's, whatever the release. */
export function hasChecksumTable(component: string, file: string): boolean {
  return component === "youki" || Object.values(tables).some(([owner, name]) => owner === component && name === file);
}

/** Architectures as the tables write them → as manifests do. Others are not shipped. */
export const architectures: Readonly<Record<string, string>> = {
  amd64: "amd64",
  arm64: "arm64",
  "linux/amd64": "amd64",
  "linux/arm64": "arm64",
  no_arch: "any",
};
