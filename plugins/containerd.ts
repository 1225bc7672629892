import { file, type Plugin, pin, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "containerd",
  category: "runtime",
  description: "containerd",
  upstream: {
    pin: "containerd_version",
    versions: { github: "containerd/containerd" },
    digests: {
      containerd: { suffix: ".sha256sum" },
      containerd_static: { suffix: ".sha256sum" },
    },
  },
  *contribute(release, platform) {
    const containerd = pin(release, "containerd_version");
    const base = `https://github.com/containerd/containerd/releases/download/v${containerd.version}`;
    yield file("containerd", containerd, `${base}/containerd-${containerd.version}-linux-${platform.arch}.tar.gz`);
    // The static build (containerd_static_binary) came with kubespray 2.29; no list of kubespray's names it.
    if (since(release.version, "2.29.0")) {
      yield file(
        "containerd_static",
        containerd,
        `${base}/containerd-static-${containerd.version}-linux-${platform.arch}.tar.gz`,
      );
    }
  },
};

export default plugin;
