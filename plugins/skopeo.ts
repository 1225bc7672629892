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
    const skopeo = pin(release, "skopeo_version");
    yield file(
      "skopeo",
      skopeo,
      `https://github.com/lework/skopeo-binary/releases/download/v${skopeo.version}/skopeo-linux-${platform.arch}`,
    );
  },
};

export default plugin;
