import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "registry",
  category: "addon",
  description: "an image registry inside the cluster",
  *contribute(release) {
    yield* image("registry", pinned(release, "registry_image_tag"), "docker.io/library/registry");
  },
};

export default plugin;
