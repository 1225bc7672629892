import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "local-path-provisioner",
  category: "storage",
  description: "dynamic provisioner for host paths",
  *contribute(release) {
    yield* image(
      "local_path_provisioner",
      pinned(release, "local_path_provisioner_image_tag"),
      "docker.io/rancher/local-path-provisioner",
    );
    // Makes and removes the directories; named in a template, and in no list of kubespray's.
    yield* image(
      "local_path_provisioner_helper",
      pinned(release, "local_path_provisioner_helper_image_tag"),
      "docker.io/library/busybox",
      { when: "local_path_provisioner_enabled" },
    );
  },
};

export default plugin;
