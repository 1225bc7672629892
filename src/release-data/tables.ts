// What the importer knows about kubespray's naming, in one place. Source: kubespray's roles/*/defaults/main/download.yml
// and vars/main/checksums.yml at the tags v2.22.0 to v2.31.0.
import { bare, since } from "../core/version.ts";
import { rolePinOf, rolePins } from "../kubespray/role-pins.ts";

/** Where a checksum table's digests go: component and file key. */
export function destination(table: string, kubespray: string): { component: string; file: string } | undefined {
  if (table === "youki_checksums") {
    // One table, three different archives: see plugins/youki.ts.
    const file = since(kubespray, "2.28.0") ? "youki-gnu" : since(kubespray, "2.27.0") ? "youki-musl" : "youki-linux";
    return { component: "youki", file };
  }
  const found = tables[table];
  return found && { component: found[0], file: found[1] };
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

/** Is the file one that kubespray has a table for? Others have digests that their upstream publishes, whatever the release. */
export function isTabled(component: string, file: string): boolean {
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

/** Variables that are versions or tags of something else than an artifact. */
export const ignoredPins: RegExp =
  /^(kube|kubeadm|docker_containerd)_version$|^kube_major|^kube.*_api_version$|_supported_version$/;

/** kubespray's `*_download_url` whose name is not that of the item in `downloads`. */
export const fileNames: Readonly<Record<string, string>> = {
  gvisor_containerd_shim_runsc: "gvisor_containerd_shim",
};

/** The order of generate_list.sh: the files' order in download.yml. What is not named here comes last. */
export const fileOrder: readonly string[] = (
  "kubelet kubectl kubeadm etcd cni calicoctl calico_crds ciliumcli crictl crio helm runc crun youki kata_containers " +
  "gvisor_runsc gvisor_containerd_shim nerdctl krew containerd cri_dockerd skopeo yq gateway_api_crds prometheus_operator_crds"
).split(" ");

/** The same for images; the script appends the control plane itself. */
export const imageOrder: readonly string[] = (
  "netcheck_server netcheck_agent etcd cilium cilium_operator cilium_hubble_relay cilium_hubble_certgen cilium_hubble_ui " +
  "cilium_hubble_ui_backend cilium_hubble_envoy multus flannel flannel_init calico_node calico_cni calico_flexvol " +
  "calico_policy calico_typha calico_apiserver weave_kube weave_npc kube_ovn kube_router pod_infra kube-vip nginx haproxy " +
  "coredns nodelocaldns dnsautoscaler registry metrics_server local_volume_provisioner cephfs_provisioner rbd_provisioner " +
  "local_path_provisioner ingress_nginx_controller ingress_alb_controller cert_manager_controller cert_manager_cainjector " +
  "cert_manager_webhook csi_attacher csi_provisioner csi_snapshotter snapshot_controller csi_resizer csi_livenessprobe " +
  "csi_node_driver_registrar cinder_csi_plugin aws_ebs_csi_plugin dashboard dashboard_metrics_scrapper metallb_speaker " +
  "metallb_controller"
).split(" ");

export const controlPlane: readonly string[] = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
];

/** Pins that a release has and its facts lack. */
export function supplement(kubespray: string, has: (item: string) => boolean): Record<string, string> {
  // roles/*/defaults/main/download.yml, dashboard_metrics_scraper_tag: the same at every tag that has it.
  const dashboard = has("dashboard_metrics_scrapper") ? { dashboard_metrics_scraper_tag: "v1.0.8" } : {};
  const roles = rolePins.flatMap((one) => {
    const value = rolePinOf(one, kubespray);
    return value === undefined ? [] : [[one.pin, one.pin.endsWith("_version") ? bare(value) : value] as const];
  });
  return { ...dashboard, ...Object.fromEntries(roles) };
}
