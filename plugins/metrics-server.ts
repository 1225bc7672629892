import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "metrics-server",
  category: "addon",
  description: "metrics-server",
  *contribute(release) {
    yield* image(
      "metrics_server",
      pinned(release, "metrics_server_image_tag"),
      "registry.k8s.io/metrics-server/metrics-server",
    );
  },
};

export default plugin;
