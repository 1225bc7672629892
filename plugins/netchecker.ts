import { image, type Plugin, pinned } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "netchecker",
  category: "addon",
  description: "netchecker, a connectivity check (until kubespray 2.30)",
  aliases: ["netcheck"],
  *contribute(release) {
    yield* image(
      "netcheck_server",
      pinned(release, "netcheck_server_image_tag"),
      "docker.io/mirantis/k8s-netchecker-server",
    );
    yield* image(
      "netcheck_agent",
      pinned(release, "netcheck_agent_image_tag"),
      "docker.io/mirantis/k8s-netchecker-agent",
    );
    // The server's own etcd runs from another tag than the cluster's; no list of kubespray's names it.
    yield* image("netcheck_etcd", pinned(release, "netcheck_etcd_image_tag"), "quay.io/coreos/etcd", {
      when: "deploy_netchecker",
    });
  },
};

export default plugin;
