import { file, type Plugin, pin, since } from "../src/core/plugin.ts";

// The archive changed its name three times. Each name is a file of its own, with digests of its own.
function asset(
  kubespray: string,
  version: string,
  machine: string,
): [url: string, more: { digests: string; unavailable?: string }] {
  if (since(kubespray, "2.28.0")) {
    const url = `https://github.com/youki-dev/youki/releases/download/v${version}/youki-${version}-${machine}-gnu.tar.gz`;
    return [url, { digests: "youki-gnu" }];
  }
  const base = `https://github.com/containers/youki/releases/download/v${version}`;
  if (since(kubespray, "2.27.0")) return [`${base}/youki-${version}-${machine}-musl.tar.gz`, { digests: "youki-musl" }];
  // No architecture in the name: there is an x86-64 build and nothing else. kubespray 2.22 writes a v before the version.
  const v = since(kubespray, "2.23.0") ? "" : "v";
  const url = `${base}/youki_${v}${version.replaceAll(".", "_")}_linux.tar.gz`;
  return machine === "x86_64"
    ? [url, { digests: "youki-linux" }]
    : [url, { digests: "youki-linux", unavailable: `youki ${version} is built for x86-64 only` }];
}

const plugin: Plugin = {
  name: "youki",
  category: "runtime",
  description: "youki, a low-level runtime in Rust",
  upstream: {
    pin: "youki_version",
    versions: { github: "youki-dev/youki" },
    digests: {
      "youki-gnu": { asset: true },
      "youki-musl": { asset: true },
      "youki-linux": { asset: true },
    },
  },
  *contribute(release, platform) {
    const youki = pin(release, "youki_version");
    yield file("youki", youki, ...asset(release.version, youki.version, platform.machine));
  },
};

export default plugin;
