import { image, type Plugin, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "flannel",
  category: "cni",
  description: "Flannel network plugin",
  *contribute(release) {
    yield* image(release, "flannel", "docker.io/flannel/flannel", "flannel_image_tag");
    // The CNI plugin's image moved to flannel's own organisation in kubespray 2.23.
    const owner = since(release.version, "2.23.0") ? "flannel" : "flannelcni";
    yield* image(release, "flannel_init", `docker.io/${owner}/flannel-cni-plugin`, "flannel_init_image_tag");
  },
};

export default plugin;
