import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "scheduler-plugins",
  category: "addon",
  description: "scheduler plugins (in no list of kubespray's)",
  *contribute(release) {
    // Upstream has no build for some Kubernetes versions: kubespray writes 0 there, and the image does not exist.
    if ((release.pins.scheduler_plugins_version ?? "0") === "0") return;
    const base = "registry.k8s.io/scheduler-plugins";
    yield* image(
      "scheduler_plugins_controller",
      pinned(release, "scheduler_plugins_controller_image_tag"),
      `${base}/controller`,
      { when: "scheduler_plugins_enabled" },
    );
    yield* image(
      "scheduler_plugins_scheduler",
      pinned(release, "scheduler_plugins_scheduler_image_tag"),
      `${base}/kube-scheduler`,
      { when: "scheduler_plugins_enabled" },
    );
  },
};

export default plugin;
