import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

// kubespray's variable → the sidecar.
const sidecars = {
  vsphere_csi_attacher_image_tag: "csi-attacher",
  vsphere_csi_provisioner_image_tag: "csi-provisioner",
  vsphere_csi_resizer_tag: "csi-resizer",
  vsphere_csi_snapshotter_image_tag: "csi-snapshotter",
  vsphere_csi_liveness_probe_image_tag: "livenessprobe",
  vsphere_csi_node_driver_registrar_image_tag: "csi-node-driver-registrar",
};

const plugin: Plugin = {
  name: "vsphere-csi",
  category: "storage",
  description: "vSphere CSI driver (in no list of kubespray's)",
  *contribute(release) {
    const when = "vsphere_csi_enabled";
    // The images moved to the Kubernetes registry in kubespray 2.27.
    const base = since(release.version, "2.27.0")
      ? "registry.k8s.io/csi-vsphere"
      : "gcr.io/cloud-provider-vsphere/csi/release";
    yield* image("vsphere_csi_driver", pinned(release, "vsphere_csi_driver_image_tag"), `${base}/driver`, { when });
    yield* image("vsphere_csi_syncer", pinned(release, "vsphere_syncer_image_tag"), `${base}/syncer`, { when });
    for (const [pin, name] of Object.entries(sidecars))
      yield* image(pin.replace(/(_image)?_tag$/, ""), pinned(release, pin), `registry.k8s.io/sig-storage/${name}`, {
        when,
      });
  },
};

export default plugin;
