import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "aws-ebs-csi",
  category: "storage",
  description: "AWS EBS CSI driver",
  aliases: ["ebs", "ebs-csi"],
  *contribute(release) {
    yield* image(release, "aws_ebs_csi_plugin", "docker.io/amazon/aws-ebs-csi-driver", "aws_ebs_csi_plugin_image_tag");
  },
};

export default plugin;
