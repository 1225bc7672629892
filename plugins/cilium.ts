import { file, image, type Plugin, pin, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "cilium",
  category: "cni",
  description: "Cilium network plugin, with Hubble, Envoy and its command line",
  aliases: ["hubble"],
  upstream: {
    pin: "cilium_cli_version",
    versions: { github: "cilium/cilium-cli" },
    digests: {
      ciliumcli: { beside: ".sha256sum" },
    },
  },
  *contribute(release, platform) {
    const cli = pin(release, "cilium_cli_version");
    yield file(
      "ciliumcli",
      cli,
      `https://github.com/cilium/cilium-cli/releases/download/v${cli.version}/cilium-linux-${platform.arch}.tar.gz`,
    );
    yield* image(release, "cilium", "quay.io/cilium/cilium", "cilium_image_tag");
    yield* image(release, "cilium_operator", "quay.io/cilium/operator", "cilium_operator_image_tag");
    // What Cilium really starts is the generic operator; kubespray's list names the umbrella image.
    const when = "kube_network_plugin == 'cilium' or cilium_deploy_additionally | default(false)";
    yield* image(release, "cilium_operator_generic", "quay.io/cilium/operator-generic", "cilium_operator_image_tag", {
      when,
    });
    // Since kubespray 2.28 the command line installs Cilium from its Helm chart.
    if (since(release.version, "2.28.0")) {
      const chart = pin(release, "cilium_version");
      yield file("cilium_chart", chart, `https://helm.cilium.io/cilium-${chart.version}.tgz`, { when });
    }
    yield* image(release, "cilium_hubble_relay", "quay.io/cilium/hubble-relay", "cilium_hubble_relay_image_tag");
    yield* image(release, "cilium_hubble_certgen", "quay.io/cilium/certgen", "cilium_hubble_certgen_image_tag");
    yield* image(release, "cilium_hubble_ui", "quay.io/cilium/hubble-ui", "cilium_hubble_ui_image_tag");
    yield* image(
      release,
      "cilium_hubble_ui_backend",
      "quay.io/cilium/hubble-ui-backend",
      "cilium_hubble_ui_backend_image_tag",
    );
    // Cilium builds its own Envoy since kubespray 2.28, and its chart starts it, with Hubble or without.
    const envoy = since(release.version, "2.28.0") ? "quay.io/cilium/cilium-envoy" : "docker.io/envoyproxy/envoy";
    const always = since(release.version, "2.28.0") ? { when } : {};
    yield* image(release, "cilium_hubble_envoy", envoy, "cilium_hubble_envoy_image_tag", always);
  },
};

export default plugin;
