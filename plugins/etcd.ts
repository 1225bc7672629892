import { file, image, type Plugin, pin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "etcd",
  category: "core",
  description: "etcd, as a binary (host deployment) and as an image (kubeadm deployment)",
  upstream: {
    pin: "etcd_version",
    versions: { github: "etcd-io/etcd" },
    digests: {
      etcd: { sums: "https://github.com/etcd-io/etcd/releases/download/v{version}/SHA256SUMS" },
    },
  },
  *contribute(release, platform) {
    const etcd = pin(release, "etcd_version");
    yield file(
      "etcd",
      etcd,
      `https://github.com/etcd-io/etcd/releases/download/v${etcd.version}/etcd-v${etcd.version}-linux-${platform.arch}.tar.gz`,
    );
    yield* image("etcd", pinned(release, "etcd_image_tag"), "quay.io/coreos/etcd");
  },
};

export default plugin;
