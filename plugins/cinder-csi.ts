import { image, type Plugin, pinned, since } from "../src/core/plugin.ts";

const sidecars = {
  cinder_csi_attacher: "csi-attacher",
  cinder_csi_provisioner: "csi-provisioner",
  cinder_csi_snapshotter: "csi-snapshotter",
  cinder_csi_resizer: "csi-resizer",
  cinder_csi_livenessprobe: "livenessprobe",
};

const plugin: Plugin = {
  name: "cinder-csi",
  category: "storage",
  description: "OpenStack Cinder CSI driver",
  aliases: ["cinder"],
  *contribute(release) {
    // The image moved to the Kubernetes registry in kubespray 2.25.
    const repository = since(release.version, "2.25.0")
      ? "registry.k8s.io/provider-os/cinder-csi-plugin"
      : "docker.io/k8scloudprovider/cinder-csi-plugin";
    yield* image("cinder_csi_plugin", pinned(release, "cinder_csi_plugin_image_tag"), repository);
    // Since kubespray 2.25 the driver's role pins its sidecars itself: other tags than those that kubespray lists.
    for (const [name, sidecar] of Object.entries(sidecars))
      yield* image(name, pinned(release, `${name}_image_tag`), `registry.k8s.io/sig-storage/${sidecar}`, {
        when: "cinder_csi_enabled",
      });
  },
};

export default plugin;
