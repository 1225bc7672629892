import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "nodelocaldns",
  category: "dns",
  description: "NodeLocal DNSCache",
  aliases: ["node-local-dns", "nodelocal-dns"],
  *contribute(release) {
    yield* image(release, "nodelocaldns", "registry.k8s.io/dns/k8s-dns-node-cache", "nodelocaldns_image_tag");
  },
};

export default plugin;
