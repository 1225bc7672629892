import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "snapshot-controller",
  category: "storage",
  description: "the CSI snapshot controller",
  aliases: ["csi-snapshot-controller"],
  *contribute(release) {
    yield* image(
      release,
      "snapshot_controller",
      "registry.k8s.io/sig-storage/snapshot-controller",
      "snapshot_controller_image_tag",
    );
  },
};

export default plugin;
