import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "scheduler-plugins",
  category: "addon",
  description: "scheduler plugins (in no list of kubespray's)",
  *contribute(release) {
    // Upstream has no build for some Kubernetes versions: kubespray writes 0 there, and the image does not exist.
    if ((release.pins.scheduler_plugins_version ?? "0") === "0") return;
    const base = "registry.k8s.io/scheduler-plugins";
    yield* image(
      release,
      "scheduler_plugins_controller",
      `${base}/controller`,
      "scheduler_plugins_controller_image_tag",
      { when: "scheduler_plugins_enabled" },
    );
    yield* image(
      release,
      "scheduler_plugins_scheduler",
      `${base}/kube-scheduler`,
      "scheduler_plugins_scheduler_image_tag",
      { when: "scheduler_plugins_enabled" },
    );
  },
};

export default plugin;
