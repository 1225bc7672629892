import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "nginx",
  category: "core",
  description: "nginx, the API server's local load balancer on every node",
  *contribute(release) {
    yield* image("nginx", pinned(release, "nginx_image_tag"), "docker.io/library/nginx");
  },
};

export default plugin;
