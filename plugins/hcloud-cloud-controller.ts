import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "hcloud-cloud-controller",
  category: "addon",
  description: "Hetzner cloud controller manager (in no list of kubespray's)",
  aliases: ["hcloud"],
  *contribute(release) {
    const repository = "docker.io/hetznercloud/hcloud-cloud-controller-manager";
    const when = "external_cloud_provider | default('') == 'hcloud'";
    yield* image("external_hcloud_cloud", pinned(release, "external_hcloud_cloud_controller_image_tag"), repository, {
      when,
    });
  },
};

export default plugin;
