import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "local-path-provisioner",
  category: "storage",
  description: "dynamic provisioner for host paths",
  *contribute(release) {
    yield* image(
      release,
      "local_path_provisioner",
      "docker.io/rancher/local-path-provisioner",
      "local_path_provisioner_image_tag",
    );
    // Makes and removes the directories; named in a template, and in no list of kubespray's.
    yield* image(
      release,
      "local_path_provisioner_helper",
      "docker.io/library/busybox",
      "local_path_provisioner_helper_image_tag",
      { when: "local_path_provisioner_enabled" },
    );
  },
};

export default plugin;
