import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "haproxy",
  category: "core",
  description: "HAProxy, the other local load balancer",
  *contribute(release) {
    yield* image(release, "haproxy", "docker.io/library/haproxy", "haproxy_image_tag");
  },
};

export default plugin;
