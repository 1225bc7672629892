import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "helm",
  category: "tool",
  description: "Helm",
  upstream: {
    pin: "helm_version",
    versions: { github: "helm/helm" },
    digests: {
      helm: { suffix: ".sha256" },
    },
  },
  *contribute(release, platform) {
    const helm = pin(release, "helm_version");
    yield file("helm", helm, `https://get.helm.sh/helm-v${helm.version}-linux-${platform.arch}.tar.gz`);
  },
};

export default plugin;
