import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "node-feature-discovery",
  category: "addon",
  description: "node feature discovery (in no list of kubespray's)",
  aliases: ["nfd"],
  *contribute(release) {
    yield* image(
      "node_feature_discovery",
      pinned(release, "node_feature_discovery_image_tag"),
      "registry.k8s.io/nfd/node-feature-discovery",
      { when: "node_feature_discovery_enabled" },
    );
  },
};

export default plugin;
