import { file, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kubelet-csr-approver",
  category: "addon",
  description: "kubelet CSR approver: its Helm chart and its image (in no list of kubespray's)",
  *contribute(release) {
    const chart = pinned(release, "kubelet_csr_approver_chart_version");
    if (!chart) return;
    const when = "kubelet_csr_approver_enabled";
    const url = `https://postfinance.github.io/kubelet-csr-approver/kubelet-csr-approver-${chart.version}.tgz`;
    yield file("kubelet_csr_approver_chart", chart, url, { when });
    // What the chart's values.yaml names.
    const image = since(chart.version, "1.0.0")
      ? `ghcr.io/postfinance/kubelet-csr-approver:v${chart.version}`
      : `docker.io/postfinance/kubelet-csr-approver:v${chart.version}`;
    yield { kind: "image", name: "kubelet_csr_approver", ...chart, image, when };
  },
};

export default plugin;
