import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "local-path-provisioner",
  category: "storage",
  description: "dynamic provisioner for host paths",
  *contribute(release) {
    yield* image(
      release,
      "local_path_provisioner",
      "docker.io/rancher/local-path-provisioner",
      "local_path_provisioner_image_tag",
    );
  },
};

export default plugin;
