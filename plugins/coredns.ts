import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "coredns",
  category: "dns",
  description: "CoreDNS",
  *contribute(release) {
    yield* image(release, "coredns", "registry.k8s.io/coredns/coredns", "coredns_image_tag");
  },
};

export default plugin;
