import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "nerdctl",
  category: "runtime",
  description: "nerdctl, containerd's command line",
  *contribute(release, platform) {
    const at = pin(release, "nerdctl_version");
    const base = `https://github.com/containerd/nerdctl/releases/download/v${at.version}`;
    yield file("nerdctl", at, `${base}/nerdctl-${at.version}-linux-${platform.arch}.tar.gz`);
  },
};

export default plugin;
