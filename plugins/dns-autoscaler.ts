import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "dns-autoscaler",
  category: "dns",
  description: "the cluster-proportional autoscaler for CoreDNS",
  aliases: ["cluster-proportional-autoscaler"],
  *contribute(release) {
    yield* image(
      release,
      "dnsautoscaler",
      "registry.k8s.io/cpa/cluster-proportional-autoscaler",
      "dnsautoscaler_image_tag",
    );
  },
};

export default plugin;
