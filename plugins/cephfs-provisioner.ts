import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "cephfs-provisioner",
  category: "storage",
  description: "CephFS provisioner (until kubespray 2.27)",
  aliases: ["cephfs"],
  *contribute(release) {
    yield* image(
      "cephfs_provisioner",
      pinned(release, "cephfs_provisioner_image_tag"),
      "quay.io/external_storage/cephfs-provisioner",
    );
  },
};

export default plugin;
