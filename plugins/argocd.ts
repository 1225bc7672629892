import { file, type Plugin, pinned, since } from "../src/core/plugin.ts";

// The other images that install.yaml names, from an Argo CD version on. Source: manifests/install.yaml of argoproj/argo-cd at
// every tag of 2.8 and 2.14, and at 2.6.7 and 2.11.0.
const newest = "2.14.21";
const companions = [
  {
    name: "argocd_dex",
    image: "ghcr.io/dexidp/dex",
    steps: [
      ["2.6.7", "v2.35.3"],
      ["2.8.0", "v2.37.0"],
      ["2.11.0", "v2.38.0"],
      ["2.14.0", "v2.41.1"],
    ],
  },
  {
    name: "argocd_redis",
    image: "docker.io/library/redis",
    steps: [
      ["2.6.7", "7.0.8-alpine"],
      ["2.8.0", "7.0.11-alpine"],
      ["2.8.17", "7.0.15-alpine"],
      ["2.11.0", "7.0.14-alpine"],
      ["2.14.0", "7.0.15-alpine"],
      ["2.14.21", "7.2.11-alpine"],
    ],
  },
] as const;

const plugin: Plugin = {
  name: "argocd",
  category: "addon",
  description: "Argo CD: the manifests that kubespray installs (in no list of kubespray's)",
  aliases: ["argo-cd"],
  *contribute(release) {
    const when = "argocd_enabled";
    const seen = new Set<string>();
    // Since kubespray 2.28.1 the download role and the argocd role pin different versions; a cluster asks for both.
    for (const name of ["argocd_version", "argocd_role_version"]) {
      const argocd = pinned(release, name);
      if (!argocd || (name === "argocd_role_version" && argocd.version === release.pins.argocd_version)) continue;
      const tag = `v${argocd.version}`;
      const url = `https://raw.githubusercontent.com/argoproj/argo-cd/${tag}/manifests/install.yaml`;
      yield file("argocd_install", argocd, url, { when });
      yield { kind: "image", name: "argocd", ...argocd, image: `quay.io/argoproj/argocd:${tag}`, when };
      for (const { name, image, steps } of companions) {
        const version = steps.findLast(([from]) => since(argocd.version, from))?.[1];
        if (version === undefined || seen.has(`${name} ${version}`)) continue;
        seen.add(`${name} ${version}`);
        const unavailable = since(newest, argocd.version)
          ? undefined
          : `which ${name} Argo CD ${argocd.version} runs with is not known`;
        yield { kind: "image", name, version, image: `${image}:${version}`, when, ...(unavailable && { unavailable }) };
      }
    }
  },
};

export default plugin;
