import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "crun",
  category: "runtime",
  description: "crun, a low-level runtime in C",
  upstream: {
    pin: "crun_version",
    versions: { github: "containers/crun" },
    tag: "{version}",
    digests: {
      crun: { asset: true },
    },
  },
  *contribute(release, platform) {
    const crun = pin(release, "crun_version");
    yield file(
      "crun",
      crun,
      `https://github.com/containers/crun/releases/download/${crun.version}/crun-${crun.version}-linux-${platform.arch}`,
    );
  },
};

export default plugin;
