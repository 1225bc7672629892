import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "gvisor",
  category: "runtime",
  description: "gVisor: runsc and its containerd shim",
  upstream: {
    pin: "gvisor_version",
    versions: { github: "google/gvisor", from: "tags" },
    tag: "release-{version}",
    digests: {
      gvisor_runsc: { suffix: ".sha512" },
      gvisor_containerd_shim: { suffix: ".sha512" },
    },
  },
  *contribute(release, platform) {
    const gvisor = pin(release, "gvisor_version");
    const base = `https://storage.googleapis.com/gvisor/releases/release/${gvisor.version}/${platform.machine}`;
    yield file("gvisor_runsc", gvisor, `${base}/runsc`);
    yield file("gvisor_containerd_shim", gvisor, `${base}/containerd-shim-runsc-v1`);
  },
};

export default plugin;
