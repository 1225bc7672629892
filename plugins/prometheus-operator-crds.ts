import { file, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "prometheus-operator-crds",
  category: "addon",
  description: "Prometheus operator CRDs",
  aliases: ["prometheus-operator"],
  upstream: {
    pin: "prometheus_operator_crds_version",
    versions: { github: "prometheus-operator/prometheus-operator" },
    digests: {
      prometheus_operator_crds: { asset: true },
    },
  },
  *contribute(release) {
    const operator = pinned(release, "prometheus_operator_crds_version");
    if (!operator) return;
    yield file(
      "prometheus_operator_crds",
      operator,
      `https://github.com/prometheus-operator/prometheus-operator/releases/download/v${operator.version}/stripped-down-crds.yaml`,
    );
  },
};

export default plugin;
