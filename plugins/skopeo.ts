import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "skopeo",
  category: "runtime",
  description: "skopeo, used with CRI-O to move images",
  upstream: {
    pin: "skopeo_version",
    versions: { github: "lework/skopeo-binary" },
    digests: {
      skopeo: { suffix: ".sha256" },
    },
  },
  *contribute(release, platform) {
    const at = pin(release, "skopeo_version");
    yield file(
      "skopeo",
      at,
      `https://github.com/lework/skopeo-binary/releases/download/v${at.version}/skopeo-linux-${platform.arch}`,
    );
  },
};

export default plugin;
