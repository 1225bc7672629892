import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "dashboard",
  category: "addon",
  description: "Kubernetes dashboard (until kubespray 2.30)",
  aliases: ["kubernetes-dashboard"],
  *contribute(release) {
    yield* image("dashboard", pinned(release, "dashboard_image_tag"), "docker.io/kubernetesui/dashboard");
    yield* image(
      "dashboard_metrics_scrapper",
      pinned(release, "dashboard_metrics_scraper_tag"),
      "docker.io/kubernetesui/metrics-scraper",
    );
  },
};

export default plugin;
