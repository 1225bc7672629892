import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "rbd-provisioner",
  category: "storage",
  description: "Ceph RBD provisioner (until kubespray 2.27)",
  aliases: ["rbd"],
  *contribute(release) {
    yield* image(
      "rbd_provisioner",
      pinned(release, "rbd_provisioner_image_tag"),
      "quay.io/external_storage/rbd-provisioner",
    );
  },
};

export default plugin;
