import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "registry",
  category: "addon",
  description: "an image registry inside the cluster",
  *contribute(release) {
    yield* image(release, "registry", "docker.io/library/registry", "registry_image_tag");
  },
};

export default plugin;
