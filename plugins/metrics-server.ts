import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "metrics-server",
  category: "addon",
  description: "metrics-server",
  *contribute(release) {
    yield* image(
      release,
      "metrics_server",
      "registry.k8s.io/metrics-server/metrics-server",
      "metrics_server_image_tag",
    );
  },
};

export default plugin;
