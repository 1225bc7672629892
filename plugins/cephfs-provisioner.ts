import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "cephfs-provisioner",
  category: "storage",
  description: "CephFS provisioner (until kubespray 2.27)",
  aliases: ["cephfs"],
  *contribute(release) {
    yield* image(
      release,
      "cephfs_provisioner",
      "quay.io/external_storage/cephfs-provisioner",
      "cephfs_provisioner_image_tag",
    );
  },
};

export default plugin;
