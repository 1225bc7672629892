import { file, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "krew",
  category: "tool",
  description: "krew, kubectl's plugin manager (until kubespray 2.27)",
  *contribute(release, platform) {
    const at = pinned(release, "krew_version");
    if (!at) return;
    yield file(
      "krew",
      at,
      `https://github.com/kubernetes-sigs/krew/releases/download/v${at.version}/krew-linux_${platform.arch}.tar.gz`,
    );
  },
};

export default plugin;
