import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "openstack-cloud-controller",
  category: "addon",
  description: "OpenStack cloud controller manager (in no list of kubespray's)",
  aliases: ["openstack-ccm"],
  *contribute(release) {
    yield* image(
      release,
      "external_openstack_cloud_controller",
      "registry.k8s.io/provider-os/openstack-cloud-controller-manager",
      "external_openstack_cloud_controller_image_tag",
    );
  },
};

export default plugin;
