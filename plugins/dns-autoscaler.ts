import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "dns-autoscaler",
  category: "dns",
  description: "the cluster-proportional autoscaler for CoreDNS",
  aliases: ["cluster-proportional-autoscaler"],
  *contribute(release) {
    yield* image(
      "dnsautoscaler",
      pinned(release, "dnsautoscaler_image_tag"),
      "registry.k8s.io/cpa/cluster-proportional-autoscaler",
    );
  },
};

export default plugin;
