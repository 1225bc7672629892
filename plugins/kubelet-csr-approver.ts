import { file, type Plugin, pinned, since } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "kubelet-csr-approver",
  category: "addon",
  description: "kubelet CSR approver: its Helm chart and its image (in no list of kubespray's)",
  *contribute(release) {
    const at = pinned(release, "kubelet_csr_approver_chart_version");
    if (!at) return;
    const when = "kubelet_csr_approver_enabled";
    const chart = `https://postfinance.github.io/kubelet-csr-approver/kubelet-csr-approver-${at.version}.tgz`;
    yield file("kubelet_csr_approver_chart", at, chart, { when });
    // What the chart's values.yaml names.
    const image = since(at.version, "1.0.0")
      ? `ghcr.io/postfinance/kubelet-csr-approver:v${at.version}`
      : `docker.io/postfinance/kubelet-csr-approver:v${at.version}`;
    yield { kind: "image", name: "kubelet_csr_approver", ...at, image, when };
  },
};

export default plugin;
