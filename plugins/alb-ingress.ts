import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "alb-ingress",
  category: "addon",
  description: "AWS ALB ingress controller",
  aliases: ["aws-alb-ingress-controller", "ingress-alb"],
  *contribute(release) {
    yield* image(
      "ingress_alb_controller",
      pinned(release, "alb_ingress_image_tag"),
      "docker.io/amazon/aws-alb-ingress-controller",
    );
  },
};

export default plugin;
