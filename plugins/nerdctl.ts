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
    const nerdctl = pin(release, "nerdctl_version");
    const base = `https://github.com/containerd/nerdctl/releases/download/v${nerdctl.version}`;
    yield file("nerdctl", nerdctl, `${base}/nerdctl-${nerdctl.version}-linux-${platform.arch}.tar.gz`);
  },
};

export default plugin;
