import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kube-vip",
  category: "core",
  description: "kube-vip, a virtual address for the control plane",
  *contribute(release) {
    yield* image("kube-vip", pinned(release, "kube_vip_image_tag"), "ghcr.io/kube-vip/kube-vip");
    // With kube_vip_lb_fwdmethod=masquerade kubespray 2.28 and later take the variant with iptables.
    if (since(release.version, "2.28.0")) {
      yield* image("kube-vip-iptables", pinned(release, "kube_vip_image_tag"), "ghcr.io/kube-vip/kube-vip-iptables");
    }
  },
};

export default plugin;
