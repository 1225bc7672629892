import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kube-ovn",
  category: "cni",
  description: "Kube-OVN network plugin",
  *contribute(release) {
    yield* image(release, "kube_ovn", "docker.io/kubeovn/kube-ovn", "kube_ovn_container_image_tag");
    // Deployed when VPC NAT gateways or DPDK are enabled; kubespray's list names neither.
    yield* image(release, "kube_ovn_vpc", "docker.io/kubeovn/vpc-nat-gateway", "kube_ovn_vpc_container_image_tag", {
      when: "kube_network_plugin == 'kube-ovn' and kube_ovn_enable_external_vpc | default(true)",
    });
    yield* image(release, "kube_ovn_dpdk", "docker.io/kubeovn/kube-ovn-dpdk", "kube_ovn_dpdk_container_image_tag", {
      when: "kube_network_plugin == 'kube-ovn' and kube_ovn_dpdk_enabled | default(false)",
    });
  },
};

export default plugin;
