import { image, type Plugin } from "../src/core/plugin.ts";

const plugin: Plugin = {
  name: "netchecker",
  category: "addon",
  description: "netchecker, a connectivity check (until kubespray 2.30)",
  aliases: ["netcheck"],
  *contribute(release) {
    yield* image(release, "netcheck_server", "docker.io/mirantis/k8s-netchecker-server", "netcheck_server_image_tag");
    yield* image(release, "netcheck_agent", "docker.io/mirantis/k8s-netchecker-agent", "netcheck_agent_image_tag");
    // The server's own etcd runs from another tag than the cluster's; no list of kubespray's names it.
    yield* image(release, "netcheck_etcd", "quay.io/coreos/etcd", "netcheck_etcd_image_tag", {
      when: "deploy_netchecker",
    });
  },
};

export default plugin;
