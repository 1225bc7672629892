import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "csi-sidecars",
  category: "storage",
  description: "the CSI sidecars that the Cinder and EBS drivers run with",
  aliases: ["csi"],
  *contribute(release) {
    const base = "registry.k8s.io/sig-storage";
    yield* image("csi_attacher", pinned(release, "csi_attacher_image_tag"), `${base}/csi-attacher`);
    yield* image("csi_provisioner", pinned(release, "csi_provisioner_image_tag"), `${base}/csi-provisioner`);
    yield* image("csi_snapshotter", pinned(release, "csi_snapshotter_image_tag"), `${base}/csi-snapshotter`);
    yield* image("csi_resizer", pinned(release, "csi_resizer_image_tag"), `${base}/csi-resizer`);
    yield* image("csi_livenessprobe", pinned(release, "csi_livenessprobe_image_tag"), `${base}/livenessprobe`, {
      when: "cinder_csi_enabled | default(false) or aws_ebs_csi_enabled | default(false)",
    });
    yield* image(
      "csi_node_driver_registrar",
      pinned(release, "csi_node_driver_registrar_image_tag"),
      `${base}/csi-node-driver-registrar`,
    );
  },
};

export default plugin;
