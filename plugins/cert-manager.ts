import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "cert-manager",
  category: "addon",
  description: "cert-manager",
  *contribute(release) {
    for (const part of ["controller", "cainjector", "webhook"]) {
      yield* image(
        release,
        `cert_manager_${part}`,
        `quay.io/jetstack/cert-manager-${part}`,
        `cert_manager_${part}_image_tag`,
      );
    }
  },
};

export default plugin;
