import { image, type Plugin, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "weave",
  category: "cni",
  description: "Weave network plugin (until kubespray 2.28)",
  *contribute(release) {
    // The project was archived; kubespray 2.26 took up a fork.
    const owner = since(release.version, "2.26.0") ? "rajchaudhuri" : "weaveworks";
    yield* image(release, "weave_kube", `docker.io/${owner}/weave-kube`, "weave_kube_image_tag");
    yield* image(release, "weave_npc", `docker.io/${owner}/weave-npc`, "weave_npc_image_tag");
  },
};

export default plugin;
