import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "azure-csi",
  category: "storage",
  description: "Azure disk CSI driver (in no list of kubespray's)",
  aliases: ["azuredisk-csi", "azure-disk"],
  *contribute(release) {
    const when = "azure_csi_enabled";
    const driver = "mcr.microsoft.com/k8s/csi/azuredisk-csi";
    yield* image("azure_csi_plugin", pinned(release, "azure_csi_plugin_image_tag"), driver, { when });
    // As with the EBS driver, the role's own default is what is deployed.
    yield* image("azure_csi_plugin_role", pinned(release, "azure_csi_plugin_role_image_tag"), driver, { when });
    const base = "mcr.microsoft.com/oss/kubernetes-csi";
    yield* image(
      "azure_csi_provisioner",
      pinned(release, "azure_csi_provisioner_image_tag"),
      `${base}/csi-provisioner`,
      { when },
    );
    yield* image("azure_csi_attacher", pinned(release, "azure_csi_attacher_image_tag"), `${base}/csi-attacher`, {
      when,
    });
    yield* image("azure_csi_resizer", pinned(release, "azure_csi_resizer_image_tag"), `${base}/csi-resizer`, { when });
    yield* image(
      "azure_csi_snapshotter",
      pinned(release, "azure_csi_snapshotter_image_tag"),
      `${base}/csi-snapshotter`,
      { when },
    );
    yield* image(
      "azure_csi_livenessprobe",
      pinned(release, "azure_csi_livenessprobe_image_tag"),
      `${base}/livenessprobe`,
      { when },
    );
    yield* image(
      "azure_csi_node_registrar",
      pinned(release, "azure_csi_node_registrar_image_tag"),
      `${base}/csi-node-driver-registrar`,
      { when },
    );
  },
};

export default plugin;
