import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "local-volume-provisioner",
  category: "storage",
  description: "static provisioner for local volumes",
  *contribute(release) {
    yield* image(
      release,
      "local_volume_provisioner",
      "registry.k8s.io/sig-storage/local-volume-provisioner",
      "local_volume_provisioner_image_tag",
    );
  },
};

export default plugin;
