import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "openstack-cloud-controller",
  category: "addon",
  description: "OpenStack cloud controller manager (in no list of kubespray's)",
  aliases: ["openstack-ccm"],
  *contribute(release) {
    // The image moved to the Kubernetes registry in kubespray 2.25.
    const owner = since(release.version, "2.25.0") ? "registry.k8s.io/provider-os" : "docker.io/k8scloudprovider";
    const repository = `${owner}/openstack-cloud-controller-manager`;
    const when = "external_cloud_provider | default('') == 'openstack'";
    const name = "external_openstack_cloud_controller";
    yield* image(name, pinned(release, `${name}_image_tag`), repository, { when });
    // kubespray 2.27 pins one tag for all roles and another in the role that deploys it, which is the one that counts there.
    const deployed = release.pins["external_openstack_cloud_controller_role_image_tag"];
    if (deployed !== undefined && deployed !== release.pins[`${name}_image_tag`])
      yield* image(`${name}_role`, pinned(release, "external_openstack_cloud_controller_role_image_tag"), repository, {
        when,
      });
  },
};

export default plugin;
