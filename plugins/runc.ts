import { file, type Plugin, pin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "runc",
  category: "runtime",
  description: "runc, the default low-level runtime",
  upstream: {
    pin: "runc_version",
    versions: { github: "opencontainers/runc" },
    digests: {
      runc: { sums: "https://github.com/opencontainers/runc/releases/download/v{version}/runc.sha256sum" },
    },
  },
  *contribute(release, platform) {
    const runc = pin(release, "runc_version");
    yield file(
      "runc",
      runc,
      `https://github.com/opencontainers/runc/releases/download/v${runc.version}/runc.${platform.arch}`,
    );
  },
};

export default plugin;
