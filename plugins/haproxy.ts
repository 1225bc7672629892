import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "haproxy",
  category: "core",
  description: "HAProxy, the other local load balancer",
  *contribute(release) {
    yield* image("haproxy", pinned(release, "haproxy_image_tag"), "docker.io/library/haproxy");
  },
};

export default plugin;
