import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kube-ovn",
  category: "cni",
  description: "Kube-OVN network plugin",
  *contribute(release) {
    yield* image("kube_ovn", pinned(release, "kube_ovn_container_image_tag"), "docker.io/kubeovn/kube-ovn");
    // Deployed when VPC NAT gateways or DPDK are enabled; kubespray's list names neither.
    yield* image(
      "kube_ovn_vpc",
      pinned(release, "kube_ovn_vpc_container_image_tag"),
      "docker.io/kubeovn/vpc-nat-gateway",
      { when: "kube_network_plugin == 'kube-ovn' and kube_ovn_enable_external_vpc | default(true)" },
    );
    yield* image(
      "kube_ovn_dpdk",
      pinned(release, "kube_ovn_dpdk_container_image_tag"),
      "docker.io/kubeovn/kube-ovn-dpdk",
      { when: "kube_network_plugin == 'kube-ovn' and kube_ovn_dpdk_enabled | default(false)" },
    );
  },
};

export default plugin;
