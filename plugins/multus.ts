import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "multus",
  category: "cni",
  description: "Multus, several networks for one pod",
  *contribute(release) {
    yield* image("multus", pinned(release, "multus_image_tag"), "ghcr.io/k8snetworkplumbingwg/multus-cni");
  },
};

export default plugin;
