import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "crio",
  category: "runtime",
  description: "CRI-O",
  aliases: ["cri-o"],
  upstream: {
    pin: "crio_version",
    versions: { github: "cri-o/cri-o" },
    digests: {
      crio: { suffix: ".sha256sum" },
    },
  },
  *contribute(release, platform) {
    const crio = pin(release, "crio_version");
    yield file(
      "crio",
      crio,
      `https://storage.googleapis.com/cri-o/artifacts/cri-o.${platform.arch}.v${crio.version}.tar.gz`,
    );
  },
};

export default plugin;
