import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kube-router",
  category: "cni",
  description: "kube-router network plugin",
  *contribute(release) {
    yield* image(release, "kube_router", "docker.io/cloudnativelabs/kube-router", "kube_router_image_tag");
  },
};

export default plugin;
