import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "cri-dockerd",
  category: "runtime",
  description: "cri-dockerd, the Docker Engine behind the CRI",
  aliases: ["docker"],
  upstream: {
    pin: "cri_dockerd_version",
    versions: { github: "Mirantis/cri-dockerd" },
    digests: {
      cri_dockerd: { asset: true },
    },
  },
  *contribute(release, platform) {
    const criDockerd = pin(release, "cri_dockerd_version");
    yield file(
      "cri_dockerd",
      criDockerd,
      `https://github.com/Mirantis/cri-dockerd/releases/download/v${criDockerd.version}/cri-dockerd-${criDockerd.version}.${platform.arch}.tgz`,
    );
  },
};

export default plugin;
