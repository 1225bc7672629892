import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "cert-manager",
  category: "addon",
  description: "cert-manager",
  *contribute(release) {
    for (const part of ["controller", "cainjector", "webhook"]) {
      yield* image(
        `cert_manager_${part}`,
        pinned(release, `cert_manager_${part}_image_tag`),
        `quay.io/jetstack/cert-manager-${part}`,
      );
    }
  },
};

export default plugin;
