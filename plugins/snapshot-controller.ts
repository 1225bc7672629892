import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "snapshot-controller",
  category: "storage",
  description: "the CSI snapshot controller",
  aliases: ["csi-snapshot-controller"],
  *contribute(release) {
    yield* image(
      "snapshot_controller",
      pinned(release, "snapshot_controller_image_tag"),
      "registry.k8s.io/sig-storage/snapshot-controller",
    );
  },
};

export default plugin;
