// What the importer knows about kubespray's naming, in one place. Source: kubespray's roles/*/defaults/main/download.yml
// and vars/main/checksums.yml at the tags v2.22.0 to v2.31.0.
import { bare, since } from "../core/version.ts";

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

/** A variable that a role sets for itself: its name, the role's file that sets it, and the value from each release on; null: none. */
export interface RolePin {
  /** The pin. Where it is not the variable's own name, the release has another value under that name for all roles. */
  readonly pin: string;
  readonly variable: string;
  readonly roles: readonly string[];
  readonly steps: readonly (readonly [from: string, value: string | null])[];
}

const own = (role: string, pin: string, ...steps: RolePin["steps"][number][]): RolePin => ({
  ...{ pin, variable: pin, steps },
  roles: [`kubernetes-apps/${role}`],
});

/**
 * What facts lack: variables of single roles. Source: defaults/main.yml of the roles named, read at each tag from v2.22.0 to v2.31.0
 * (a test reads them again where a checkout is at hand).
 */
export const rolePins: readonly RolePin[] = [
  {
    ...{ pin: "argocd_role_version", variable: "argocd_version", roles: ["kubernetes-apps/argocd"] },
    steps: [
      ["2.22.0", "v2.6.7"],
      ["2.23.0", "v2.8.0"],
      ["2.24.0", "v2.8.4"],
      ["2.25.0", "v2.11.0"],
      ["2.28.0", "2.14.5"],
    ],
  },
  {
    ...{ pin: "aws_ebs_csi_plugin_role_image_tag", variable: "aws_ebs_csi_plugin_image_tag" },
    ...{ roles: ["kubernetes-apps/csi_driver/aws_ebs"], steps: [["2.22.0", "latest"]] },
  },
  {
    ...{ pin: "azure_csi_plugin_role_image_tag", variable: "azure_csi_plugin_image_tag" },
    ...{ roles: ["kubernetes-apps/csi_driver/azuredisk"], steps: [["2.22.0", "latest"]] },
  },
  {
    pin: "external_openstack_cloud_controller_role_image_tag",
    variable: "external_openstack_cloud_controller_image_tag",
    roles: ["kubernetes-apps/external_cloud_controller/openstack"],
    steps: [
      ["2.22.0", "v1.25.3"],
      ["2.25.0", "v1.28.2"],
      ["2.26.0", "v1.30.0"],
      ["2.28.0", "v1.32.0"],
      ["2.31.0", "v1.35.0"],
    ],
  },
  own("csi_driver/cinder", "cinder_csi_attacher_image_tag", ["2.25.0", "v4.4.2"]),
  own("csi_driver/cinder", "cinder_csi_livenessprobe_image_tag", ["2.25.0", "v2.11.0"]),
  own("csi_driver/cinder", "cinder_csi_provisioner_image_tag", ["2.25.0", "v3.6.2"]),
  own("csi_driver/cinder", "cinder_csi_resizer_image_tag", ["2.25.0", "v1.9.2"]),
  own("csi_driver/cinder", "cinder_csi_snapshotter_image_tag", ["2.25.0", "v6.3.2"]),
  {
    pin: "external_hcloud_cloud_controller_image_tag",
    variable: "external_hcloud_cloud.controller_image_tag",
    roles: ["kubernetes-apps/external_cloud_controller/hcloud"],
    steps: [["2.22.0", "latest"]],
  },
  own(
    "external_cloud_controller/huaweicloud",
    "external_huawei_cloud_controller_image_tag",
    ["2.23.0", "v0.26.3"],
    ["2.25.0", "v0.26.8"],
  ),
  own("external_cloud_controller/oci", "external_oracle_cloud_controller_image_tag", ["2.27.0", "v1.29.0"]),
  own(
    "external_cloud_controller/vsphere",
    "external_vsphere_cloud_controller_image_tag",
    ["2.22.0", "latest"],
    ["2.27.0", "v1.31.0"],
  ),
  own("kubelet-csr-approver", "kubelet_csr_approver_chart_version", ["2.22.0", "0.2.8"], ["2.25.0", "1.1.0"]),
  own("external_provisioner/local_path_provisioner", "local_path_provisioner_helper_image_tag", ["2.22.0", "latest"]),
  own("cloud_controller/oci", "oci_cloud_controller_version", ["2.22.0", "0.7.0"], ["2.27.0", null]),
  own("csi_driver/upcloud", "upcloud_csi_attacher_image_tag", ["2.22.0", "v3.4.0"]),
  own("csi_driver/upcloud", "upcloud_csi_node_image_tag", ["2.22.0", "v2.5.0"]),
  own("csi_driver/upcloud", "upcloud_csi_plugin_image_tag", ["2.22.0", "v0.3.3"], ["2.26.0", "v1.1.0"]),
  own("csi_driver/upcloud", "upcloud_csi_provisioner_image_tag", ["2.22.0", "v3.1.0"]),
  own("csi_driver/upcloud", "upcloud_csi_resizer_image_tag", ["2.22.0", "v1.4.0"]),
  own("csi_driver/upcloud", "upcloud_csi_snapshotter_image_tag", ["2.22.0", "v4.2.1"]),
  own("csi_driver/vsphere", "vsphere_csi_attacher_image_tag", ["2.22.0", "v3.4.0"], ["2.24.0", "v4.3.0"]),
  own(
    "csi_driver/vsphere",
    "vsphere_csi_driver_image_tag",
    ["2.22.0", "v2.5.1"],
    ["2.24.0", "v3.1.0"],
    ["2.27.0", "v3.3.1"],
  ),
  own("csi_driver/vsphere", "vsphere_csi_liveness_probe_image_tag", ["2.22.0", "v2.6.0"], ["2.24.0", "v2.10.0"]),
  own("csi_driver/vsphere", "vsphere_csi_node_driver_registrar_image_tag", ["2.22.0", "v2.5.0"], ["2.24.0", "v2.8.0"]),
  own("csi_driver/vsphere", "vsphere_csi_provisioner_image_tag", ["2.22.0", "v3.1.0"], ["2.24.0", "v3.5.0"]),
  own("csi_driver/vsphere", "vsphere_csi_resizer_tag", ["2.22.0", "v1.4.0"], ["2.24.0", "v1.8.0"]),
  own("csi_driver/vsphere", "vsphere_csi_snapshotter_image_tag", ["2.22.0", "v5.0.1"], ["2.24.0", "v6.2.2"]),
  own(
    "csi_driver/vsphere",
    "vsphere_syncer_image_tag",
    ["2.22.0", "v2.5.1"],
    ["2.24.0", "v3.1.0"],
    ["2.27.0", "v3.3.1"],
  ),
];

/** The value of a role's variable in a release, as the role writes it. */
export function rolePinOf({ steps }: RolePin, kubespray: string): string | undefined {
  return steps.findLast(([from]) => since(kubespray, from))?.[1] ?? undefined;
}

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
