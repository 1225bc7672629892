import { file, type Plugin, pin, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kata-containers",
  category: "runtime",
  description: "Kata Containers, pods in lightweight virtual machines",
  aliases: ["kata"],
  upstream: {
    pin: "kata_containers_version",
    versions: { github: "kata-containers/kata-containers" },
    tag: "{version}",
    digests: {
      kata_containers: { asset: true },
    },
  },
  *contribute(release, platform) {
    const kata = pin(release, "kata_containers_version");
    // Upstream wrote the kernel's architecture name up to kubespray 2.27, Go's from 2.28 on.
    const arch = since(release.version, "2.28.0") ? platform.arch : platform.machine;
    yield file(
      "kata_containers",
      kata,
      `https://github.com/kata-containers/kata-containers/releases/download/${kata.version}/kata-static-${kata.version}-${arch}.tar.xz`,
    );
  },
};

export default plugin;
