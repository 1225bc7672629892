import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "local-volume-provisioner",
  category: "storage",
  description: "static provisioner for local volumes",
  *contribute(release) {
    yield* image(
      "local_volume_provisioner",
      pinned(release, "local_volume_provisioner_image_tag"),
      "registry.k8s.io/sig-storage/local-volume-provisioner",
    );
  },
};

export default plugin;
