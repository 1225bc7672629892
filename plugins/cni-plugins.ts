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
    const cni = pin(release, "cni_version");
    const base = `https://github.com/containernetworking/plugins/releases/download/v${cni.version}`;
    yield file("cni", cni, `${base}/cni-plugins-linux-${platform.arch}-v${cni.version}.tgz`);
  },
};

export default plugin;
