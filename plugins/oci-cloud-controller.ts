import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "oci-cloud-controller",
  category: "addon",
  description: "Oracle Cloud controller manager (in no list of kubespray's)",
  aliases: ["oci"],
  *contribute(release) {
    // A cloud provider of its own up to kubespray 2.26, an external one from 2.27 on.
    const wasCloudProvider = "cloud_provider | default('') == 'oci'";
    yield* image(
      "oci_cloud_controller",
      pinned(release, "oci_cloud_controller_version"),
      "iad.ocir.io/oracle/cloud-provider-oci",
      { when: wasCloudProvider },
    );
    const when = "external_cloud_provider | default('') == 'oci'";
    const pin = "external_oracle_cloud_controller_image_tag";
    yield* image("external_oracle_cloud_controller", pinned(release, pin), "ghcr.io/oracle/cloud-provider-oci", {
      when,
    });
  },
};

export default plugin;
