import { file, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "krew",
  category: "tool",
  description: "krew, kubectl's plugin manager (until kubespray 2.27)",
  *contribute(release, platform) {
    const krew = pinned(release, "krew_version");
    if (!krew) return;
    yield file(
      "krew",
      krew,
      `https://github.com/kubernetes-sigs/krew/releases/download/v${krew.version}/krew-linux_${platform.arch}.tar.gz`,
    );
  },
};

export default plugin;
