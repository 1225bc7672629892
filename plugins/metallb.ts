import { type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "metallb",
  category: "addon",
  description: "MetalLB, load balancer for bare metal",
  *contribute(release) {
    // kubespray up to 2.27 has no tag variable of its own for these two.
    const metallb = pin(release, "metallb_version");
    for (const part of ["speaker", "controller"]) {
      yield {
        kind: "image",
        name: `metallb_${part}`,
        ...metallb,
        image: `quay.io/metallb/${part}:v${metallb.version}`,
      };
    }
  },
};

export default plugin;
