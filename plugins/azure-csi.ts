import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "azure-csi",
  category: "storage",
  description: "Azure disk CSI driver (in no list of kubespray's)",
  aliases: ["azuredisk-csi", "azure-disk"],
  *contribute(release) {
    yield* image(release, "azure_csi_plugin", "mcr.microsoft.com/k8s/csi/azuredisk-csi", "azure_csi_plugin_image_tag");
    const base = "mcr.microsoft.com/oss/kubernetes-csi";
    yield* image(release, "azure_csi_provisioner", `${base}/csi-provisioner`, "azure_csi_provisioner_image_tag");
    yield* image(release, "azure_csi_attacher", `${base}/csi-attacher`, "azure_csi_attacher_image_tag");
    yield* image(release, "azure_csi_resizer", `${base}/csi-resizer`, "azure_csi_resizer_image_tag");
    yield* image(release, "azure_csi_snapshotter", `${base}/csi-snapshotter`, "azure_csi_snapshotter_image_tag");
    yield* image(release, "azure_csi_livenessprobe", `${base}/livenessprobe`, "azure_csi_livenessprobe_image_tag");
    yield* image(
      release,
      "azure_csi_node_registrar",
      `${base}/csi-node-driver-registrar`,
      "azure_csi_node_registrar_image_tag",
    );
  },
};

export default plugin;
