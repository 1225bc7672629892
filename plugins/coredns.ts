import { type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "coredns",
  category: "dns",
  description: "CoreDNS",
  *contribute(release) {
    // From 1.7.1 on, which is older than any release here, the tag has a v and the repository a folder of its own.
    const coredns = pin(release, "coredns_version");
    yield { kind: "image", name: "coredns", ...coredns, image: `registry.k8s.io/coredns/coredns:v${coredns.version}` };
  },
};

export default plugin;
