import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "aws-ebs-csi",
  category: "storage",
  description: "AWS EBS CSI driver",
  aliases: ["ebs", "ebs-csi"],
  *contribute(release) {
    const repository = "docker.io/amazon/aws-ebs-csi-driver";
    yield* image("aws_ebs_csi_plugin", pinned(release, "aws_ebs_csi_plugin_image_tag"), repository);
    // The role that deploys it has a default of its own, which wins there over the one that kubespray lists and downloads.
    yield* image("aws_ebs_csi_plugin_role", pinned(release, "aws_ebs_csi_plugin_role_image_tag"), repository, {
      when: "aws_ebs_csi_enabled",
    });
  },
};

export default plugin;
