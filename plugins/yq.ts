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
    const yq = pin(release, "yq_version");
    yield file("yq", yq, `https://github.com/mikefarah/yq/releases/download/v${yq.version}/yq_linux_${platform.arch}`);
  },
};

export default plugin;
