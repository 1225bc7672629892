import { file, image, type Plugin, pin, pinned, since } from "../src/core/plugin.ts";

/** The chart starts Envoy unless its values say otherwise, which since kubespray 2.29 they may (Cilium's helper envoyDaemonSetEnabled). */
const extraValues = "(cilium_extra_values | default({}, true))";
const runsEnvoy = `${extraValues}.l7Proxy | default(true) and (${extraValues}.envoy | default({}, true)).enabled | default(true)`;

const plugin: Plugin = {
  name: "cilium",
  category: "cni",
  description: "Cilium network plugin, with Hubble, Envoy and its command line",
  aliases: ["hubble"],
  upstream: {
    pin: "cilium_cli_version",
    versions: { github: "cilium/cilium-cli" },
    digests: {
      ciliumcli: { suffix: ".sha256sum" },
    },
  },
  *contribute(release, platform) {
    const cli = pin(release, "cilium_cli_version");
    yield file(
      "ciliumcli",
      cli,
      `https://github.com/cilium/cilium-cli/releases/download/v${cli.version}/cilium-linux-${platform.arch}.tar.gz`,
    );
    yield* image("cilium", pinned(release, "cilium_image_tag"), "quay.io/cilium/cilium");
    yield* image("cilium_operator", pinned(release, "cilium_operator_image_tag"), "quay.io/cilium/operator");
    // What Cilium really starts is the generic operator; kubespray's list names the umbrella image.
    const when = "kube_network_plugin == 'cilium' or cilium_deploy_additionally | default(false)";
    yield* image(
      "cilium_operator_generic",
      pinned(release, "cilium_operator_image_tag"),
      "quay.io/cilium/operator-generic",
      { when },
    );
    // Since kubespray 2.28 the command line installs Cilium from its Helm chart.
    if (since(release.version, "2.28.0")) {
      const chart = pin(release, "cilium_version");
      yield file("cilium_chart", chart, `https://helm.cilium.io/cilium-${chart.version}.tgz`, { when });
    }
    yield* image(
      "cilium_hubble_relay",
      pinned(release, "cilium_hubble_relay_image_tag"),
      "quay.io/cilium/hubble-relay",
    );
    yield* image("cilium_hubble_certgen", pinned(release, "cilium_hubble_certgen_image_tag"), "quay.io/cilium/certgen");
    yield* image("cilium_hubble_ui", pinned(release, "cilium_hubble_ui_image_tag"), "quay.io/cilium/hubble-ui");
    yield* image(
      "cilium_hubble_ui_backend",
      pinned(release, "cilium_hubble_ui_backend_image_tag"),
      "quay.io/cilium/hubble-ui-backend",
    );
    // Cilium builds its own Envoy since kubespray 2.28, and its chart starts it, with Hubble or without.
    const envoy = since(release.version, "2.28.0") ? "quay.io/cilium/cilium-envoy" : "docker.io/envoyproxy/envoy";
    const chartStartsIt = since(release.version, "2.29.0") ? `(${when}) and ${runsEnvoy}` : when;
    const always = since(release.version, "2.28.0") ? { when: chartStartsIt } : {};
    yield* image("cilium_hubble_envoy", pinned(release, "cilium_hubble_envoy_image_tag"), envoy, always);
  },
};

export default plugin;
