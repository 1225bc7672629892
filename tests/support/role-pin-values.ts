// What single roles set in each release: the prepared facts have the variables that all roles share, and not these.
import { since } from "../../src/core/version.ts";

/** Pin → the value as the role writes it, from each release on; null: none. Source: defaults/main.yml of the roles, v2.22.0 to v2.31.0. */
const steps: Readonly<Record<string, readonly (readonly [from: string, value: string | null])[]>> = {
  argocd_role_version: [
    ["2.22.0", "v2.6.7"],
    ["2.23.0", "v2.8.0"],
    ["2.24.0", "v2.8.4"],
    ["2.25.0", "v2.11.0"],
    ["2.28.0", "2.14.5"],
  ],
  aws_ebs_csi_plugin_role_image_tag: [["2.22.0", "latest"]],
  azure_csi_plugin_role_image_tag: [["2.22.0", "latest"]],
  external_openstack_cloud_controller_role_image_tag: [
    ["2.22.0", "v1.25.3"],
    ["2.25.0", "v1.28.2"],
    ["2.26.0", "v1.30.0"],
    ["2.28.0", "v1.32.0"],
    ["2.31.0", "v1.35.0"],
  ],
  cinder_csi_attacher_image_tag: [["2.25.0", "v4.4.2"]],
  cinder_csi_livenessprobe_image_tag: [["2.25.0", "v2.11.0"]],
  cinder_csi_provisioner_image_tag: [["2.25.0", "v3.6.2"]],
  cinder_csi_resizer_image_tag: [["2.25.0", "v1.9.2"]],
  cinder_csi_snapshotter_image_tag: [["2.25.0", "v6.3.2"]],
  external_hcloud_cloud_controller_image_tag: [["2.22.0", "latest"]],
  external_huawei_cloud_controller_image_tag: [
    ["2.23.0", "v0.26.3"],
    ["2.25.0", "v0.26.8"],
  ],
  external_oracle_cloud_controller_image_tag: [["2.27.0", "v1.29.0"]],
  external_vsphere_cloud_controller_image_tag: [
    ["2.22.0", "latest"],
    ["2.27.0", "v1.31.0"],
  ],
  kubelet_csr_approver_chart_version: [
    ["2.22.0", "0.2.8"],
    ["2.25.0", "1.1.0"],
  ],
  local_path_provisioner_helper_image_tag: [["2.22.0", "latest"]],
  oci_cloud_controller_version: [
    ["2.22.0", "0.7.0"],
    ["2.27.0", null],
  ],
  upcloud_csi_attacher_image_tag: [["2.22.0", "v3.4.0"]],
  upcloud_csi_node_image_tag: [["2.22.0", "v2.5.0"]],
  upcloud_csi_plugin_image_tag: [
    ["2.22.0", "v0.3.3"],
    ["2.26.0", "v1.1.0"],
  ],
  upcloud_csi_provisioner_image_tag: [["2.22.0", "v3.1.0"]],
  upcloud_csi_resizer_image_tag: [["2.22.0", "v1.4.0"]],
  upcloud_csi_snapshotter_image_tag: [["2.22.0", "v4.2.1"]],
  vsphere_csi_attacher_image_tag: [
    ["2.22.0", "v3.4.0"],
    ["2.24.0", "v4.3.0"],
  ],
  vsphere_csi_driver_image_tag: [
    ["2.22.0", "v2.5.1"],
    ["2.24.0", "v3.1.0"],
    ["2.27.0", "v3.3.1"],
  ],
  vsphere_csi_liveness_probe_image_tag: [
    ["2.22.0", "v2.6.0"],
    ["2.24.0", "v2.10.0"],
  ],
  vsphere_csi_node_driver_registrar_image_tag: [
    ["2.22.0", "v2.5.0"],
    ["2.24.0", "v2.8.0"],
  ],
  vsphere_csi_provisioner_image_tag: [
    ["2.22.0", "v3.1.0"],
    ["2.24.0", "v3.5.0"],
  ],
  vsphere_csi_resizer_tag: [
    ["2.22.0", "v1.4.0"],
    ["2.24.0", "v1.8.0"],
  ],
  vsphere_csi_snapshotter_image_tag: [
    ["2.22.0", "v5.0.1"],
    ["2.24.0", "v6.2.2"],
  ],
  vsphere_syncer_image_tag: [
    ["2.22.0", "v2.5.1"],
    ["2.24.0", "v3.1.0"],
    ["2.27.0", "v3.3.1"],
  ],
};

/** The value that a role's variable has in a release, by pin. */
export function rolePinValue(pin: string, kubespray: string): string | undefined {
  return steps[pin]?.findLast(([from]) => since(kubespray, from))?.[1] ?? undefined;
}
