import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "ingress-nginx",
  category: "addon",
  description: "Ingress NGINX controller (until kubespray 2.30)",
  *contribute(release) {
    const base = "registry.k8s.io/ingress-nginx";
    yield* image(
      "ingress_nginx_controller",
      pinned(release, "ingress_nginx_controller_image_tag"),
      `${base}/controller`,
    );
    // Deployed with the controller (admission webhook, tracing) and in no list of kubespray's.
    yield* image(
      "ingress_nginx_kube_webhook_certgen",
      pinned(release, "ingress_nginx_kube_webhook_certgen_image_tag"),
      `${base}/kube-webhook-certgen`,
      { when: "ingress_nginx_enabled and ingress_nginx_webhook_enabled | default(true)" },
    );
    yield* image(
      "ingress_nginx_opentelemetry",
      pinned(release, "ingress_nginx_opentelemetry_image_tag"),
      `${base}/opentelemetry`,
      { when: "ingress_nginx_enabled and ingress_nginx_opentelemetry_enabled | default(false)" },
    );
  },
};

export default plugin;
