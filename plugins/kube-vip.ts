import { image, type Plugin, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kube-vip",
  category: "core",
  description: "kube-vip, a virtual address for the control plane",
  *contribute(release) {
    yield* image(release, "kube-vip", "ghcr.io/kube-vip/kube-vip", "kube_vip_image_tag");
    // With kube_vip_lb_fwdmethod=masquerade kubespray 2.28 and later take the variant with iptables.
    if (since(release.version, "2.28.0")) {
      yield* image(release, "kube-vip-iptables", "ghcr.io/kube-vip/kube-vip-iptables", "kube_vip_image_tag");
    }
  },
};

export default plugin;
