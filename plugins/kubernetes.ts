import { file, image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kubernetes",
  category: "core",
  description: "Kubernetes itself: kubelet, kubectl, kubeadm, the control plane and pause",
  aliases: ["k8s", "kube"],
  upstream: {
    pin: "kube_version",
    versions: { stable: "https://dl.k8s.io/release/stable-{minor}.txt" },
    digests: {
      kubelet: { suffix: ".sha256" },
      kubectl: { suffix: ".sha256" },
      kubeadm: { suffix: ".sha256" },
    },
  },
  *contribute(release, platform) {
    const kubernetes = { version: release.kubernetes, pin: "kube_version" };
    for (const name of ["kubelet", "kubectl", "kubeadm"]) {
      yield file(
        name,
        kubernetes,
        `https://dl.k8s.io/release/v${kubernetes.version}/bin/linux/${platform.arch}/${name}`,
      );
    }
    // kubeadm pulls these; kubespray's downloads never name them, its generate_list.sh appends them.
    for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"]) {
      yield { kind: "image", name, ...kubernetes, image: `registry.k8s.io/${name}:v${kubernetes.version}` };
    }
    yield* image("pod_infra", pinned(release, "pod_infra_image_tag"), "registry.k8s.io/pause");
  },
};

export default plugin;
