import { file, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "argocd",
  category: "addon",
  description: "Argo CD: the manifests that kubespray installs (in no list of kubespray's)",
  aliases: ["argo-cd"],
  *contribute(release) {
    // Since kubespray 2.28.1 the download role and the argocd role pin different versions; a cluster asks for both.
    for (const name of ["argocd_version", "argocd_role_version"]) {
      const at = pinned(release, name);
      if (!at || (name === "argocd_role_version" && at.version === release.pins.argocd_version)) continue;
      const tag = `v${at.version}`;
      yield file(
        "argocd_install",
        at,
        `https://raw.githubusercontent.com/argoproj/argo-cd/${tag}/manifests/install.yaml`,
      );
      yield { kind: "image", name: "argocd", ...at, image: `quay.io/argoproj/argocd:${tag}` };
    }
  },
};

export default plugin;
