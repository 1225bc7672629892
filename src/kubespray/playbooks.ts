// What a checkout's playbook cluster.yml makes its hosts do, as far as a plan needs it: the groups that it makes before it downloads,
// where the download role runs, and which tasks of other roles fetch something. All of it is read from the checkout.
import type { Folder } from "../ansible/folder.ts";
import { type Play, playsIn, playsOf } from "../ansible/playbook/plays.ts";
import { textIn } from "../ansible/playbook/tasks.ts";
import { type TaskOccurrence, tasksOfPlays } from "../ansible/playbook/walk.ts";

/** The tasks of a checkout's playbook that decide about downloads. */
export interface Playbooks {
  /** Whether the checkout has the playbook; without one, the plays are assumed that every release has had. */
  readonly found: boolean;
  readonly plays: readonly Play[];
  /** `group_by` tasks that run before the first download. */
  readonly groupTasks: readonly TaskOccurrence[];
  /** `group_by` tasks that run later: their groups decide on which hosts later plays run. */
  readonly laterGroupTasks: readonly TaskOccurrence[];
  /** Where plays, and roles, use the download role. */
  readonly downloadRoles: readonly TaskOccurrence[];
  /** Tasks that fetch a file or an image by themselves. */
  readonly fetchTasks: readonly TaskOccurrence[];
}

/** Where `ansible-playbook cluster.yml` begins. */
const entries = ["cluster.yml", "playbooks/cluster.yml"];

/** The plays of kubespray's cluster.yml in short, for a checkout without it. Source: kubespray 2.22 to 2.31. */
const assumedPlays = `
- {hosts: kube-master, tasks: [{group_by: {key: kube_control_plane}}]}
- {hosts: kube-node, tasks: [{group_by: {key: kube_node}}]}
- {hosts: k8s-cluster, tasks: [{group_by: {key: k8s_cluster}}]}
- {hosts: calico-rr, tasks: [{group_by: {key: calico_rr}}]}
- {hosts: no-floating, tasks: [{group_by: {key: no_floating}}]}
- {hosts: all, roles: [dynamic_groups]}
- hosts: k8s_cluster:etcd
  roles:
    - {role: container-engine, when: deploy_container_engine | default(true)}
    - download
- hosts: etcd:kube_control_plane
  roles:
    - {role: etcd, when: etcd_deployment_type != "kubeadm", vars: {etcd_cluster_setup: true}}
- {hosts: kube_control_plane, roles: [kubernetes/control-plane]}
- hosts: k8s_cluster
  roles:
    - {role: kubernetes-apps/gateway_api, when: gateway_api_enabled | default(false), run_once: true}
    - kubernetes-apps/common_crds
    - network_plugin
- {hosts: kube_control_plane, roles: [kubernetes-apps/kubelet-csr-approver, kubernetes-apps]}
`;

/** The tasks of the download role that fetch one file or one image. */
const fetchingTasks = /^roles\/download\/tasks\/download_(?:file|container)\.ya?ml$/;
/** Modules that may fetch what an item of `downloads` names. */
const fetchingModules: ReadonlySet<string> = new Set(["get_url", "uri", "unarchive", "command", "shell"]);

/**
 * Reads the playbook.
 * @throws KsoError `unresolvable` for a file of it that cannot be read.
 */
export function readPlaybooks(folder: Folder): Playbooks {
  const entry = entries.find((path) => folder.kind(path) === "file");
  const plays = entry === undefined ? playsIn(assumedPlays, folder) : playsOf(folder, entry);
  const groupTasks: TaskOccurrence[] = [];
  const laterGroupTasks: TaskOccurrence[] = [];
  const downloadRoles: TaskOccurrence[] = [];
  const fetchTasks: TaskOccurrence[] = [];
  const options = { text: /download_(?:file|container)|\bdownloads\b|\bgroup_by\b/, opaque: new Set(["download"]) };
  for (const occurrence of tasksOfPlays(folder, plays, options)) {
    if (!occurrence.task) downloadRoles.push(...(usesVariablesAlone(occurrence) ? [] : [occurrence]));
    else if (occurrence.task.module === "group_by")
      (downloadRoles.length > 0 ? laterGroupTasks : groupTasks).push(occurrence);
    else if (fetches(occurrence)) fetchTasks.push(occurrence);
  }
  return { found: entry !== undefined, plays, groupTasks, laterGroupTasks, downloadRoles, fetchTasks };
}

/** The defaults role of 2.22 and 2.23 uses the download role for its variables, and has it skip the downloads. */
function usesVariablesAlone({ vars }: TaskOccurrence): boolean {
  return vars.some((source) => source.get("skip_downloads")?.value === true);
}

/** Whether a task fetches an item: with a task of the download role, or with a module that takes the item's URL. */
function fetches({ task, includes }: TaskOccurrence): boolean {
  if (includes !== undefined) return fetchingTasks.test(includes);
  return fetchingModules.has(task?.module ?? "") && /\bdownloads\b[^}]*\burl\b/.test(textIn(task?.args ?? null));
}
