import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "gcp-pd-csi",
  category: "storage",
  description: "Google Compute Engine persistent disk CSI driver (in no list of kubespray's)",
  aliases: ["gce-pd", "gcp-pd", "gce-pd-csi"],
  *contribute(release) {
    const when = "gcp_pd_csi_enabled";
    yield* image(
      release,
      "gcp_pd_csi_plugin",
      "registry.k8s.io/cloud-provider-gcp/gcp-compute-persistent-disk-csi-driver",
      "gcp_pd_csi_plugin_image_tag",
      { when },
    );
    yield* image(release, "gcp_pd_csi_provisioner", "gke.gcr.io/csi-provisioner", "gcp_pd_csi_provisioner_image_tag", {
      when,
    });
    yield* image(release, "gcp_pd_csi_attacher", "gke.gcr.io/csi-attacher", "gcp_pd_csi_attacher_image_tag", { when });
    yield* image(release, "gcp_pd_csi_resizer", "gke.gcr.io/csi-resizer", "gcp_pd_csi_resizer_image_tag", { when });
    yield* image(
      release,
      "gcp_pd_csi_registrar",
      "gke.gcr.io/csi-node-driver-registrar",
      "gcp_pd_csi_registrar_image_tag",
      { when },
    );
  },
};

export default plugin;
