import { image, type Plugin, since } from "../src/core/plugin.ts";

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
    yield* image(release, "cinder_csi_plugin", repository, "cinder_csi_plugin_image_tag");
  },
};

export default plugin;
