import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "huawei-cloud-controller",
  category: "addon",
  description: "Huawei Cloud controller manager (from kubespray 2.23, in no list of kubespray's)",
  aliases: ["huaweicloud"],
  *contribute(release) {
    const repository = "swr.ap-southeast-1.myhuaweicloud.com/k8s-cloudprovider/huawei-cloud-controller-manager";
    const when = "external_cloud_provider | default('') == 'huaweicloud'";
    const pin = "external_huawei_cloud_controller_image_tag";
    yield* image("external_huawei_cloud_controller", pinned(release, pin), repository, { when });
  },
};

export default plugin;
