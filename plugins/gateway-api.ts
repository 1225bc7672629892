import { file, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "gateway-api",
  category: "addon",
  description: "Gateway API CRDs",
  aliases: ["gateway-api-crds"],
  upstream: {
    pin: "gateway_api_version",
    versions: { github: "kubernetes-sigs/gateway-api" },
    digests: {
      gateway_api_crds: { asset: true },
      gateway_api_experimental_crds: { asset: true },
    },
  },
  *contribute(release) {
    const gatewayApi = pinned(release, "gateway_api_version");
    if (!gatewayApi) return;
    const base = `https://github.com/kubernetes-sigs/gateway-api/releases/download/v${gatewayApi.version}`;
    yield file("gateway_api_crds", gatewayApi, `${base}/standard-install.yaml`);
    // gateway_api_channel=experimental; kubespray's list names the standard channel only.
    yield file("gateway_api_experimental_crds", gatewayApi, `${base}/experimental-install.yaml`);
  },
};

export default plugin;
