import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "vsphere-cloud-controller",
  category: "addon",
  description: "vSphere cloud controller manager (in no list of kubespray's)",
  aliases: ["vsphere-cpi"],
  *contribute(release) {
    const repository = since(release.version, "2.27.0")
      ? "registry.k8s.io/cloud-pv-vsphere/cloud-provider-vsphere"
      : "gcr.io/cloud-provider-vsphere/cpi/release/manager";
    const when = "external_cloud_provider | default('') == 'vsphere'";
    const pin = "external_vsphere_cloud_controller_image_tag";
    yield* image("external_vsphere_cloud_controller", pinned(release, pin), repository, { when });
  },
};

export default plugin;
