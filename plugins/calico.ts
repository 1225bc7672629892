import { file, image, type Plugin, pin, pinned, since } from "../src/core/plugin.ts";

// kubespray's name → Calico's. The flexvol driver went with kubespray 2.26.1: later releases have no pin for it.
const images = {
  calico_node: "node",
  calico_cni: "cni",
  calico_flexvol: "pod2daemon-flexvol",
  calico_policy: "kube-controllers",
  calico_typha: "typha",
  calico_apiserver: "apiserver",
};

const plugin: Plugin = {
  name: "calico",
  category: "cni",
  description: "Calico network plugin, with calicoctl and its CRDs",
  upstream: {
    pin: "calico_version",
    versions: { github: "projectcalico/calico" },
    digests: {
      calicoctl: { sums: "https://github.com/projectcalico/calico/releases/download/v{version}/SHA256SUMS" },
      calico_crds: { none: "GitHub publishes no digest of a file inside a repository" },
      "calico_crds-archive": { none: "GitHub publishes no digest of a source archive" },
    },
  },
  *contribute(release, platform) {
    const calico = pin(release, "calico_version");
    const base = `https://github.com/projectcalico/calico`;
    yield file("calicoctl", calico, `${base}/releases/download/v${calico.version}/calicoctl-linux-${platform.arch}`);
    // The CRDs were unpacked from the source archive up to kubespray 2.30; from 2.31 on they are one raw file.
    yield since(release.version, "2.31.0")
      ? file("calico_crds", calico, `${base}/raw/v${calico.version}/manifests/crds.yaml`)
      : file("calico_crds", calico, `${base}/archive/v${calico.version}.tar.gz`, { digests: "calico_crds-archive" });
    for (const [name, repository] of Object.entries(images)) {
      yield* image(name, pinned(release, `${name}_image_tag`), `quay.io/calico/${repository}`);
    }
  },
};

export default plugin;
