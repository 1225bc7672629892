import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "multus",
  category: "cni",
  description: "Multus, several networks for one pod",
  *contribute(release) {
    yield* image(release, "multus", "ghcr.io/k8snetworkplumbingwg/multus-cni", "multus_image_tag");
  },
};

export default plugin;
