import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "upcloud-csi",
  category: "storage",
  description: "UpCloud CSI driver (in no list of kubespray's)",
  *contribute(release) {
    const when = "upcloud_csi_enabled";
    const base = "registry.k8s.io/sig-storage";
    const driver = "ghcr.io/upcloudltd/upcloud-csi";
    yield* image("upcloud_csi_plugin", pinned(release, "upcloud_csi_plugin_image_tag"), driver, { when });
    yield* image(
      "upcloud_csi_provisioner",
      pinned(release, "upcloud_csi_provisioner_image_tag"),
      `${base}/csi-provisioner`,
      { when },
    );
    yield* image("upcloud_csi_attacher", pinned(release, "upcloud_csi_attacher_image_tag"), `${base}/csi-attacher`, {
      when,
    });
    yield* image("upcloud_csi_resizer", pinned(release, "upcloud_csi_resizer_image_tag"), `${base}/csi-resizer`, {
      when,
    });
    yield* image(
      "upcloud_csi_node",
      pinned(release, "upcloud_csi_node_image_tag"),
      `${base}/csi-node-driver-registrar`,
      { when },
    );
    // kubespray still names the registry that was frozen in 2023 for this one, since it deploys a snapshotter at all.
    if (since(release.version, "2.26.0")) {
      const repository = "k8s.gcr.io/sig-storage/csi-snapshotter";
      yield* image("upcloud_csi_snapshotter", pinned(release, "upcloud_csi_snapshotter_image_tag"), repository, {
        when,
      });
    }
  },
};

export default plugin;
