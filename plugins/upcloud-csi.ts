import { image, type Plugin, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "upcloud-csi",
  category: "storage",
  description: "UpCloud CSI driver (in no list of kubespray's)",
  *contribute(release) {
    const when = "upcloud_csi_enabled";
    const base = "registry.k8s.io/sig-storage";
    const driver = "ghcr.io/upcloudltd/upcloud-csi";
    yield* image(release, "upcloud_csi_plugin", driver, "upcloud_csi_plugin_image_tag", { when });
    yield* image(release, "upcloud_csi_provisioner", `${base}/csi-provisioner`, "upcloud_csi_provisioner_image_tag", {
      when,
    });
    yield* image(release, "upcloud_csi_attacher", `${base}/csi-attacher`, "upcloud_csi_attacher_image_tag", { when });
    yield* image(release, "upcloud_csi_resizer", `${base}/csi-resizer`, "upcloud_csi_resizer_image_tag", { when });
    yield* image(release, "upcloud_csi_node", `${base}/csi-node-driver-registrar`, "upcloud_csi_node_image_tag", {
      when,
    });
    // kubespray still names the registry that was frozen in 2023 for this one, since it deploys a snapshotter at all.
    if (since(release.version, "2.26.0")) {
      const repository = "k8s.gcr.io/sig-storage/csi-snapshotter";
      yield* image(release, "upcloud_csi_snapshotter", repository, "upcloud_csi_snapshotter_image_tag", { when });
    }
  },
};

export default plugin;
