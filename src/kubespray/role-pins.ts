// Variables that single roles set for themselves: versions of cloud controllers, CSI drivers and charts.

/** A variable of single roles, and the pin that it becomes. */
export interface RolePin {
  /** The pin. It differs from the variable where all roles share another value under the variable's name. */
  readonly pin: string;
  /** `a.b` is the field b of a. */
  readonly variable: string;
  readonly roles: readonly string[];
}

/** A variable of a role below kubernetes-apps, under its own name. */
function appPin(role: string, pin: string): RolePin {
  return { pin, variable: pin, roles: [`kubernetes-apps/${role}`] };
}

/** Every variable that defaults/main.yml of these roles sets, at some tag from v2.22.0 to v2.31.0. */
export const rolePins: readonly RolePin[] = [
  {
    pin: "argocd_role_version",
    variable: "argocd_version",
    roles: ["kubernetes-apps/argocd"],
  },
  {
    pin: "aws_ebs_csi_plugin_role_image_tag",
    variable: "aws_ebs_csi_plugin_image_tag",
    roles: ["kubernetes-apps/csi_driver/aws_ebs"],
  },
  {
    pin: "azure_csi_plugin_role_image_tag",
    variable: "azure_csi_plugin_image_tag",
    roles: ["kubernetes-apps/csi_driver/azuredisk"],
  },
  {
    pin: "external_openstack_cloud_controller_role_image_tag",
    variable: "external_openstack_cloud_controller_image_tag",
    roles: ["kubernetes-apps/external_cloud_controller/openstack"],
  },
  appPin("csi_driver/cinder", "cinder_csi_attacher_image_tag"),
  appPin("csi_driver/cinder", "cinder_csi_livenessprobe_image_tag"),
  appPin("csi_driver/cinder", "cinder_csi_provisioner_image_tag"),
  appPin("csi_driver/cinder", "cinder_csi_resizer_image_tag"),
  appPin("csi_driver/cinder", "cinder_csi_snapshotter_image_tag"),
  {
    pin: "external_hcloud_cloud_controller_image_tag",
    variable: "external_hcloud_cloud.controller_image_tag",
    roles: ["kubernetes-apps/external_cloud_controller/hcloud"],
  },
  appPin("external_cloud_controller/huaweicloud", "external_huawei_cloud_controller_image_tag"),
  appPin("external_cloud_controller/oci", "external_oracle_cloud_controller_image_tag"),
  appPin("external_cloud_controller/vsphere", "external_vsphere_cloud_controller_image_tag"),
  appPin("kubelet-csr-approver", "kubelet_csr_approver_chart_version"),
  appPin("external_provisioner/local_path_provisioner", "local_path_provisioner_helper_image_tag"),
  appPin("cloud_controller/oci", "oci_cloud_controller_version"),
  appPin("csi_driver/upcloud", "upcloud_csi_attacher_image_tag"),
  appPin("csi_driver/upcloud", "upcloud_csi_node_image_tag"),
  appPin("csi_driver/upcloud", "upcloud_csi_plugin_image_tag"),
  appPin("csi_driver/upcloud", "upcloud_csi_provisioner_image_tag"),
  appPin("csi_driver/upcloud", "upcloud_csi_resizer_image_tag"),
  appPin("csi_driver/upcloud", "upcloud_csi_snapshotter_image_tag"),
  appPin("csi_driver/vsphere", "vsphere_csi_attacher_image_tag"),
  appPin("csi_driver/vsphere", "vsphere_csi_driver_image_tag"),
  appPin("csi_driver/vsphere", "vsphere_csi_liveness_probe_image_tag"),
  appPin("csi_driver/vsphere", "vsphere_csi_node_driver_registrar_image_tag"),
  appPin("csi_driver/vsphere", "vsphere_csi_provisioner_image_tag"),
  appPin("csi_driver/vsphere", "vsphere_csi_resizer_tag"),
  appPin("csi_driver/vsphere", "vsphere_csi_snapshotter_image_tag"),
  appPin("csi_driver/vsphere", "vsphere_syncer_image_tag"),
];
