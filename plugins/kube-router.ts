import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kube-router",
  category: "cni",
  description: "kube-router network plugin",
  *contribute(release) {
    yield* image("kube_router", pinned(release, "kube_router_image_tag"), "docker.io/cloudnativelabs/kube-router");
  },
};

export default plugin;
