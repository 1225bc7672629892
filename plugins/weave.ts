import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "weave",
  category: "cni",
  description: "Weave network plugin (until kubespray 2.28)",
  *contribute(release) {
    // The project was archived; kubespray 2.26 took up a fork.
    const owner = since(release.version, "2.26.0") ? "rajchaudhuri" : "weaveworks";
    yield* image("weave_kube", pinned(release, "weave_kube_image_tag"), `docker.io/${owner}/weave-kube`);
    yield* image("weave_npc", pinned(release, "weave_npc_image_tag"), `docker.io/${owner}/weave-npc`);
  },
};

export default plugin;
