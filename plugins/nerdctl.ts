import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "nerdctl",
  category: "runtime",
  description: "nerdctl, containerd's command line",
  upstream: {
    pin: "nerdctl_version",
    versions: { github: "containerd/nerdctl" },
    digests: {
      nerdctl: { sums: "https://github.com/containerd/nerdctl/releases/download/v{version}/SHA256SUMS" },
    },
  },
  *contribute(release, platform) {
    const at = pin(release, "nerdctl_version");
    const base = `https://github.com/containerd/nerdctl/releases/download/v${at.version}`;
    yield file("nerdctl", at, `${base}/nerdctl-${at.version}-linux-${platform.arch}.tar.gz`);
  },
};

export default plugin;
