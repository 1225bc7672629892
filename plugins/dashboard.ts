import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "dashboard",
  category: "addon",
  description: "Kubernetes dashboard (until kubespray 2.30)",
  aliases: ["kubernetes-dashboard"],
  *contribute(release) {
    yield* image(release, "dashboard", "docker.io/kubernetesui/dashboard", "dashboard_image_tag");
    yield* image(
      release,
      "dashboard_metrics_scrapper",
      "docker.io/kubernetesui/metrics-scraper",
      "dashboard_metrics_scraper_tag",
    );
  },
};

export default plugin;
