import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "nodelocaldns",
  category: "dns",
  description: "NodeLocal DNSCache",
  aliases: ["node-local-dns", "nodelocal-dns"],
  *contribute(release) {
    yield* image("nodelocaldns", pinned(release, "nodelocaldns_image_tag"), "registry.k8s.io/dns/k8s-dns-node-cache");
  },
};

export default plugin;
