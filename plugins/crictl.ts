import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "crictl",
  category: "core",
  description: "crictl, the CRI's command line, on every node",
  aliases: ["cri-tools"],
  upstream: {
    pin: "crictl_version",
    versions: { github: "kubernetes-sigs/cri-tools" },
    digests: {
      crictl: { suffix: ".sha256" },
    },
  },
  *contribute(release, platform) {
    const crictl = pin(release, "crictl_version");
    const base = `https://github.com/kubernetes-sigs/cri-tools/releases/download/v${crictl.version}`;
    yield file("crictl", crictl, `${base}/crictl-v${crictl.version}-linux-${platform.arch}.tar.gz`);
  },
};

export default plugin;
