import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "node-feature-discovery",
  category: "addon",
  description: "node feature discovery (in no list of kubespray's)",
  aliases: ["nfd"],
  *contribute(release) {
    yield* image(
      release,
      "node_feature_discovery",
      "registry.k8s.io/nfd/node-feature-discovery",
      "node_feature_discovery_image_tag",
      { when: "node_feature_discovery_enabled" },
    );
  },
};

export default plugin;
