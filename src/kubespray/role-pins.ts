// Variables of single roles, which kubespray's facts lack: cloud controllers, CSI drivers, charts.
import { since } from "../core/version.ts";

/** A variable that a role sets for itself: its name, the role's file that sets it, and the value from each release on; null: none. */
export interface RolePin {
  /** The pin. Where it is not the variable's own name, the release has another value under that name for all roles. */
  readonly pin: string;
  readonly variable: string;
  readonly roles: readonly string[];
  readonly steps: readonly (readonly [from: string, value: string | null])[];
}

/** A variable of a role below kubernetes-apps, under its own name. */
function appPin(role: string, pin: string, ...steps: RolePin["steps"]): RolePin {
  return { pin, variable: pin, roles: [`kubernetes-apps/${role}`], steps };
}

/**
 * What facts lack: variables of single roles. Source: defaults/main.yml of the roles named, read at each tag from v2.22.0 to v2.31.0
 * (a test reads them again where a checkout is at hand).
 */
export const rolePins: readonly RolePin[] = [
  {
    pin: "argocd_role_version",
    variable: "argocd_version",
    roles: ["kubernetes-apps/argocd"],
    steps: [
      ["2.22.0", "v2.6.7"],
      ["2.23.0", "v2.8.0"],
      ["2.24.0", "v2.8.4"],
      ["2.25.0", "v2.11.0"],
      ["2.28.0", "2.14.5"],
    ],
  },
  {
    pin: "aws_ebs_csi_plugin_role_image_tag",
    variable: "aws_ebs_csi_plugin_image_tag",
    roles: ["kubernetes-apps/csi_driver/aws_ebs"],
    steps: [["2.22.0", "latest"]],
  },
  {
    pin: "azure_csi_plugin_role_image_tag",
    variable: "azure_csi_plugin_image_tag",
    roles: ["kubernetes-apps/csi_driver/azuredisk"],
    steps: [["2.22.0", "latest"]],
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
  appPin("csi_driver/cinder", "cinder_csi_attacher_image_tag", ["2.25.0", "v4.4.2"]),
  appPin("csi_driver/cinder", "cinder_csi_livenessprobe_image_tag", ["2.25.0", "v2.11.0"]),
  appPin("csi_driver/cinder", "cinder_csi_provisioner_image_tag", ["2.25.0", "v3.6.2"]),
  appPin("csi_driver/cinder", "cinder_csi_resizer_image_tag", ["2.25.0", "v1.9.2"]),
  appPin("csi_driver/cinder", "cinder_csi_snapshotter_image_tag", ["2.25.0", "v6.3.2"]),
  {
    pin: "external_hcloud_cloud_controller_image_tag",
    variable: "external_hcloud_cloud.controller_image_tag",
    roles: ["kubernetes-apps/external_cloud_controller/hcloud"],
    steps: [["2.22.0", "latest"]],
  },
  appPin(
    "external_cloud_controller/huaweicloud",
    "external_huawei_cloud_controller_image_tag",
    ["2.23.0", "v0.26.3"],
    ["2.25.0", "v0.26.8"],
  ),
  appPin("external_cloud_controller/oci", "external_oracle_cloud_controller_image_tag", ["2.27.0", "v1.29.0"]),
  appPin(
    "external_cloud_controller/vsphere",
    "external_vsphere_cloud_controller_image_tag",
    ["2.22.0", "latest"],
    ["2.27.0", "v1.31.0"],
  ),
  appPin("kubelet-csr-approver", "kubelet_csr_approver_chart_version", ["2.22.0", "0.2.8"], ["2.25.0", "1.1.0"]),
  appPin("external_provisioner/local_path_provisioner", "local_path_provisioner_helper_image_tag", [
    "2.22.0",
    "latest",
  ]),
  appPin("cloud_controller/oci", "oci_cloud_controller_version", ["2.22.0", "0.7.0"], ["2.27.0", null]),
  appPin("csi_driver/upcloud", "upcloud_csi_attacher_image_tag", ["2.22.0", "v3.4.0"]),
  appPin("csi_driver/upcloud", "upcloud_csi_node_image_tag", ["2.22.0", "v2.5.0"]),
  appPin("csi_driver/upcloud", "upcloud_csi_plugin_image_tag", ["2.22.0", "v0.3.3"], ["2.26.0", "v1.1.0"]),
  appPin("csi_driver/upcloud", "upcloud_csi_provisioner_image_tag", ["2.22.0", "v3.1.0"]),
  appPin("csi_driver/upcloud", "upcloud_csi_resizer_image_tag", ["2.22.0", "v1.4.0"]),
  appPin("csi_driver/upcloud", "upcloud_csi_snapshotter_image_tag", ["2.22.0", "v4.2.1"]),
  appPin("csi_driver/vsphere", "vsphere_csi_attacher_image_tag", ["2.22.0", "v3.4.0"], ["2.24.0", "v4.3.0"]),
  appPin(
    "csi_driver/vsphere",
    "vsphere_csi_driver_image_tag",
    ["2.22.0", "v2.5.1"],
    ["2.24.0", "v3.1.0"],
    ["2.27.0", "v3.3.1"],
  ),
  appPin("csi_driver/vsphere", "vsphere_csi_liveness_probe_image_tag", ["2.22.0", "v2.6.0"], ["2.24.0", "v2.10.0"]),
  appPin(
    "csi_driver/vsphere",
    "vsphere_csi_node_driver_registrar_image_tag",
    ["2.22.0", "v2.5.0"],
    ["2.24.0", "v2.8.0"],
  ),
  appPin("csi_driver/vsphere", "vsphere_csi_provisioner_image_tag", ["2.22.0", "v3.1.0"], ["2.24.0", "v3.5.0"]),
  appPin("csi_driver/vsphere", "vsphere_csi_resizer_tag", ["2.22.0", "v1.4.0"], ["2.24.0", "v1.8.0"]),
  appPin("csi_driver/vsphere", "vsphere_csi_snapshotter_image_tag", ["2.22.0", "v5.0.1"], ["2.24.0", "v6.2.2"]),
  appPin(
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
