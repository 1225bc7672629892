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
    const at = pin(release, "cri_dockerd_version");
    yield file(
      "cri_dockerd",
      at,
      `https://github.com/Mirantis/cri-dockerd/releases/download/v${at.version}/cri-dockerd-${at.version}.${platform.arch}.tgz`,
    );
  },
};

export default plugin;
