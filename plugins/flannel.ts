import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "flannel",
  category: "cni",
  description: "Flannel network plugin",
  *contribute(release) {
    yield* image("flannel", pinned(release, "flannel_image_tag"), "docker.io/flannel/flannel");
    // The CNI plugin's image moved to flannel's own organisation in kubespray 2.23.
    const owner = since(release.version, "2.23.0") ? "flannel" : "flannelcni";
    yield* image("flannel_init", pinned(release, "flannel_init_image_tag"), `docker.io/${owner}/flannel-cni-plugin`);
  },
};

export default plugin;
