// What a cluster has in any case, and this inventory wants nothing of: a plan must not be small in silence. Each is a note.
import type { Inventory, InventoryHost } from "../ansible/inventory/inventory.ts";
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { nameList } from "../core/name-list.ts";
import type { Checkout } from "./checkout.ts";
import { type ItemDownload, isRequired } from "./item-download.ts";
import { groupsOfPlays, PlayHosts } from "./play-hosts.ts";

/** A part of every cluster, and the items of `downloads` of which it needs one. */
interface Part {
  readonly name: string;
  readonly items: RegExp;
}

const parts: readonly Part[] = [
  { name: "kubelet", items: /^kubelet$/ },
  { name: "kubeadm", items: /^kubeadm$/ },
  { name: "a container engine", items: /^(?:containerd|crio|cri_dockerd)$/ },
  { name: "etcd", items: /^(?:kubeadm_)?etcd$/ },
  { name: "the pause image", items: /^pod_infra$/ },
  { name: "CoreDNS", items: /^coredns$/ },
  { name: "the control plane's images", items: /^kubeadm_kube-/ },
];

/** Values of `kube_network_plugin` of whose name no item is: kubespray fetches none, or those of two others (canal). */
const withoutItems: ReadonlySet<string> = new Set(["", "none", "cni", "custom_cni", "macvlan", "cloud", "canal"]);

/** Notes on the parts of a cluster of which nothing is wanted, with the reason. */
export function missingParts(downloads: readonly ItemDownload[], templar: Templar): string[] {
  const plugin = attempt(() => String(templar.resolve("kube_network_plugin"))) ?? "";
  const network: Part = { name: `the network plugin ${plugin}`, items: new RegExp(`^${pattern(plugin)}(?:_|$)`) };
  const byReason = new Map<string, string[]>();
  for (const { name, items } of withoutItems.has(plugin) ? parts : [...parts, network]) {
    const candidates = downloads.filter(({ item }) => items.test(item.name));
    // Checkouts differ in the parts that they list; a network plugin is one that the cluster names.
    if ((candidates.length === 0 && name !== network.name) || candidates.some(isRequired)) continue;
    const reason = candidates.length === 0 ? "this checkout has nothing of that name" : reasonOf(candidates);
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => `the inventory wants nothing of ${names.join(", ")}: ${reason}`);
}

function pattern(plugin: string): string {
  return plugin.replaceAll("-", "_").replace(/[^\w]/g, "");
}

/** Why no host wants any of them. */
function reasonOf(candidates: readonly ItemDownload[]): string {
  const enabled = candidates.find(({ item }) => item.enabled);
  if (enabled) return `no host that downloads is in ${enabled.item.groups.join(" or ")}`;
  const cause = candidates.map(({ item }) => item.cause).find((text) => text !== "" && text !== "never");
  return cause ?? "its item is not enabled";
}

/** The groups that hosts of a Kubernetes cluster are in, by their names of all releases. */
const members: ReadonlySet<string> = new Set(["kube_control_plane", "kube_node", "kube-master", "kube-node"]);

/** Notes on hosts that take part in less than their groups let expect. */
export function idleHosts(checkout: Checkout, inventory: Inventory): string[] {
  const { plays, downloadRoles } = checkout.playbooks();
  const playHosts = new PlayHosts(checkout, inventory);
  // Groups are made of the hosts that a run is limited to: of the others nothing can be said.
  const hosts = inventory.hosts.filter(({ name }) => inventory.limit?.has(name) !== false);
  const outside = hosts.filter(
    ({ groups }) => groups.some((group) => members.has(group)) && !groups.includes("k8s_cluster"),
  );
  // A play of all hosts (it makes groups, it checks versions) installs nothing.
  const installing = plays.filter(({ hosts }) => !/^(?:all|\*|localhost)$/.test(hosts));
  const isIdle = ({ name }: InventoryHost): boolean =>
    !installing.some((play) => playHosts.has({ play, runOnce: false }, name));
  const idle = hosts.filter((host) => !outside.includes(host) && isIdle(host));
  return [
    ...(outside.length > 0
      ? [
          `kubespray makes no Kubernetes node of ${hostList(outside)}: kube_control_plane and kube_node are not in k8s_cluster, and this release does not put them there by itself; add both to [k8s_cluster:children]`,
        ]
      : []),
    ...(idle.length > 0
      ? [
          `nothing is planned for ${hostList(idle)}, which no play of the checkout installs: that is for ${groupsOfPlays(downloadRoles)}`,
        ]
      : []),
  ];
}

function hostList(hosts: readonly InventoryHost[]): string {
  return nameList(hosts.map(({ name }) => name));
}
