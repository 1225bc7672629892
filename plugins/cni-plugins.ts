import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "cni-plugins",
  category: "core",
  description: "the reference CNI plugins, on every node",
  aliases: ["cni"],
  upstream: {
    pin: "cni_version",
    versions: { github: "containernetworking/plugins" },
    digests: {
      cni: { suffix: ".sha256" },
    },
  },
  *contribute(release, platform) {
    const at = pin(release, "cni_version");
    const base = `https://github.com/containernetworking/plugins/releases/download/v${at.version}`;
    yield file("cni", at, `${base}/cni-plugins-linux-${platform.arch}-v${at.version}.tgz`);
  },
};

export default plugin;
