import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "nginx",
  category: "core",
  description: "nginx, the API server's local load balancer on every node",
  *contribute(release) {
    yield* image(release, "nginx", "docker.io/library/nginx", "nginx_image_tag");
  },
};

export default plugin;
