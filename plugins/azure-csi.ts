import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "azure-csi",
  category: "storage",
  description: "Azure disk CSI driver (in no list of kubespray's)",
  aliases: ["azuredisk-csi", "azure-disk"],
  *contribute(release) {
    const when = "azure_csi_enabled";
    const driver = "mcr.microsoft.com/k8s/csi/azuredisk-csi";
    yield* image(release, "azure_csi_plugin", driver, "azure_csi_plugin_image_tag", { when });
    // As with the EBS driver, the role's own default is what is deployed.
    yield* image(release, "azure_csi_plugin_role", driver, "azure_csi_plugin_role_image_tag", { when });
    const base = "mcr.microsoft.com/oss/kubernetes-csi";
    yield* image(release, "azure_csi_provisioner", `${base}/csi-provisioner`, "azure_csi_provisioner_image_tag", {
      when,
    });
    yield* image(release, "azure_csi_attacher", `${base}/csi-attacher`, "azure_csi_attacher_image_tag", { when });
    yield* image(release, "azure_csi_resizer", `${base}/csi-resizer`, "azure_csi_resizer_image_tag", { when });
    yield* image(release, "azure_csi_snapshotter", `${base}/csi-snapshotter`, "azure_csi_snapshotter_image_tag", {
      when,
    });
    yield* image(release, "azure_csi_livenessprobe", `${base}/livenessprobe`, "azure_csi_livenessprobe_image_tag", {
      when,
    });
    yield* image(
      release,
      "azure_csi_node_registrar",
      `${base}/csi-node-driver-registrar`,
      "azure_csi_node_registrar_image_tag",
      { when },
    );
  },
};

export default plugin;
