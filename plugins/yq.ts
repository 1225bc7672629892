import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "yq",
  category: "tool",
  description: "yq, used by the Argo CD role",
  upstream: {
    pin: "yq_version",
    versions: { github: "mikefarah/yq" },
    digests: {
      yq: { sums: "https://github.com/mikefarah/yq/releases/download/v{version}/checksums-bsd" },
    },
  },
  *contribute(release, platform) {
    const at = pin(release, "yq_version");
    yield file("yq", at, `https://github.com/mikefarah/yq/releases/download/v${at.version}/yq_linux_${platform.arch}`);
  },
};

export default plugin;
