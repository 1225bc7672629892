import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "gcp-pd-csi",
  category: "storage",
  description: "Google Compute Engine persistent disk CSI driver (in no list of kubespray's)",
  aliases: ["gce-pd", "gcp-pd", "gce-pd-csi"],
  *contribute(release) {
    const when = "gcp_pd_csi_enabled";
    yield* image(
      "gcp_pd_csi_plugin",
      pinned(release, "gcp_pd_csi_plugin_image_tag"),
      "registry.k8s.io/cloud-provider-gcp/gcp-compute-persistent-disk-csi-driver",
      { when },
    );
    yield* image(
      "gcp_pd_csi_provisioner",
      pinned(release, "gcp_pd_csi_provisioner_image_tag"),
      "gke.gcr.io/csi-provisioner",
      { when },
    );
    yield* image("gcp_pd_csi_attacher", pinned(release, "gcp_pd_csi_attacher_image_tag"), "gke.gcr.io/csi-attacher", {
      when,
    });
    yield* image("gcp_pd_csi_resizer", pinned(release, "gcp_pd_csi_resizer_image_tag"), "gke.gcr.io/csi-resizer", {
      when,
    });
    yield* image(
      "gcp_pd_csi_registrar",
      pinned(release, "gcp_pd_csi_registrar_image_tag"),
      "gke.gcr.io/csi-node-driver-registrar",
      { when },
    );
  },
};

export default plugin;
