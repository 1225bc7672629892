// What roles besides the download role fetch: a container engine's role fetches its parts whether or not they are enabled
// (CRI-O its runc or crun), and etcd's tools come from its archive though etcd itself runs as a container.
import { displayPath, type Folder } from "../ansible/folder.ts";
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, isList, isTruthy } from "../ansible/jinja/values.ts";
import { readYaml } from "../ansible/yaml.ts";
import { checksumDigest, type DownloadItem } from "./items.ts";

/** A file that a role fetches, and the role. */
export interface RoleDownload {
  readonly item: DownloadItem;
  readonly role: string;
}

/** The names of the items that a role fetches in its tasks. */
interface RoleItems {
  readonly role: string;
  readonly names: readonly string[];
}

/** The role of each `container_manager`. */
const engineRoles: ReadonlyMap<unknown, string> = new Map([
  ["containerd", "container-engine/containerd"],
  ["crio", "container-engine/cri-o"],
  ["docker", "container-engine/cri-dockerd"],
]);

/** Roles that a role may depend on, itself included. */
const maxRoles = 50;

/** The roles of a checkout that fetch files by themselves; each is read once. */
export class FetchingRoles {
  readonly #folder: Folder;
  readonly #items = new Map<string, readonly RoleItems[]>();
  constructor(folder: Folder) {
    this.#folder = folder;
  }

  /** The files that these roles fetch on a host in these groups, and the download role does not. */
  downloads(templar: Templar, items: readonly DownloadItem[], groups: readonly string[]): readonly RoleDownload[] {
    return this.#rolesOn(templar, groups).flatMap(({ role, names }) =>
      names.flatMap((name) => {
        const item = items.find((candidate) => candidate.name === name);
        if (!item || item.url === undefined || (item.required && item.kind === "file")) return [];
        return [{ role, item: asFile(item, templar) }];
      }),
    );
  }

  #rolesOn(templar: Templar, groups: readonly string[]): readonly RoleItems[] {
    const holds = (expression: string): boolean => attempt(() => isTruthy(templar.expression(expression))) ?? false;
    const engine = engineRoles.get(attempt(() => templar.resolve("container_manager")));
    const deploysEngine = engine !== undefined && holds("deploy_container_engine | default(true)");
    const needsEtcdTools = holds("container_manager in ['crio', 'containerd']") && etcdToolsOn(groups, holds);
    return [
      ...(deploysEngine ? this.#itemsOf(engine) : []),
      ...(needsEtcdTools ? this.#itemsOf("etcdctl_etcdutl") : []),
    ];
  }

  /** The items of a role and of those it depends on. */
  #itemsOf(role: string): readonly RoleItems[] {
    const items =
      this.#items.get(role) ??
      [...withDependencies(this.#folder, role)].map((name) => ({
        role: name,
        names: itemsInTasks(this.#folder, name),
      }));
    this.#items.set(role, items);
    return items;
  }
}

/** Whether a host in these groups gets etcd's tools: etcd's hosts do, or the control plane where kubeadm runs etcd (2.23 to 2.31). */
function etcdToolsOn(groups: readonly string[], holds: (expression: string) => boolean): boolean {
  return holds("etcd_deployment_type == 'kubeadm'") ? groups.includes("kube_control_plane") : groups.includes("etcd");
}

/** An item that is an image for this cluster has its file's digest in a variable of its own. */
function asFile(item: DownloadItem, templar: Templar): DownloadItem {
  const checksum = ["binary", "archive"]
    .map((kind) => attempt(() => templar.variable(`${item.name}_${kind}_checksum`)))
    .find((value) => typeof value === "string");
  const digest = item.digest ?? (checksum === undefined ? undefined : checksumDigest(checksum));
  return { ...item, kind: "file", digest };
}

/** A role and those it depends on. */
function withDependencies(folder: Folder, role: string, roles: Set<string> = new Set()): ReadonlySet<string> {
  if (roles.has(role) || roles.size > maxRoles) return roles;
  roles.add(role);
  for (const dependency of dependenciesOf(folder, role)) withDependencies(folder, dependency, roles);
  return roles;
}

function dependenciesOf(folder: Folder, role: string): readonly string[] {
  const path = `roles/${role}/meta/main.yml`;
  if (/[^\w/-]/.test(role) || folder.kind(path) !== "file") return [];
  const meta = readYaml(folder.read(path), displayPath(folder, path));
  const dependencies = meta instanceof Dict ? (meta.get("dependencies") ?? null) : null;
  return (isList(dependencies) ? dependencies : [])
    .map((dependency) => (dependency instanceof Dict ? dependency.get("role") : dependency))
    .filter((name) => typeof name === "string");
}

/** `downloads.runc` in `download: "{{ download_defaults | combine(downloads.runc) }}"` of a role's tasks. */
function itemsInTasks(folder: Folder, role: string): readonly string[] {
  const path = `roles/${role}/tasks`;
  if (folder.kind(path) !== "folder") return [];
  return folder
    .list(path)
    .filter((name) => /\.ya?ml$/.test(name) && folder.kind(`${path}/${name}`) === "file")
    .flatMap((name) => [...combinedItems(folder.read(`${path}/${name}`))]);
}

function combinedItems(text: string): Set<string> {
  return new Set([...text.matchAll(/combine\(\s*downloads\.(\w+)\s*\)/g)].map(([, name = ""]) => name));
}
