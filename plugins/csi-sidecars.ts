import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "csi-sidecars",
  category: "storage",
  description: "the CSI sidecars that the Cinder and EBS drivers run with",
  aliases: ["csi"],
  *contribute(release) {
    const base = "registry.k8s.io/sig-storage";
    yield* image(release, "csi_attacher", `${base}/csi-attacher`, "csi_attacher_image_tag");
    yield* image(release, "csi_provisioner", `${base}/csi-provisioner`, "csi_provisioner_image_tag");
    yield* image(release, "csi_snapshotter", `${base}/csi-snapshotter`, "csi_snapshotter_image_tag");
    yield* image(release, "csi_resizer", `${base}/csi-resizer`, "csi_resizer_image_tag");
    yield* image(release, "csi_livenessprobe", `${base}/livenessprobe`, "csi_livenessprobe_image_tag", {
      when: "cinder_csi_enabled | default(false) or aws_ebs_csi_enabled | default(false)",
    });
    yield* image(
      release,
      "csi_node_driver_registrar",
      `${base}/csi-node-driver-registrar`,
      "csi_node_driver_registrar_image_tag",
    );
  },
};

export default plugin;
