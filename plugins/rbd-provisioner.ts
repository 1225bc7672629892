import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "rbd-provisioner",
  category: "storage",
  description: "Ceph RBD provisioner (until kubespray 2.27)",
  aliases: ["rbd"],
  *contribute(release) {
    yield* image(release, "rbd_provisioner", "quay.io/external_storage/rbd-provisioner", "rbd_provisioner_image_tag");
  },
};

export default plugin;
