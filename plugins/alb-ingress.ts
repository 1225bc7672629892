import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "alb-ingress",
  category: "addon",
  description: "AWS ALB ingress controller",
  aliases: ["aws-alb-ingress-controller", "ingress-alb"],
  *contribute(release) {
    yield* image(
      release,
      "ingress_alb_controller",
      "docker.io/amazon/aws-alb-ingress-controller",
      "alb_ingress_image_tag",
    );
  },
};

export default plugin;
