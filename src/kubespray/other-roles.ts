// What roles besides the download role fetch: a container engine's role fetches what it is made of whether or not that is enabled
// (CRI-O its runc or crun), and etcd's tools come from its archive though etcd itself runs as a container.

import { displayPath } from "../ansible/folder.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, isList, isTruthy } from "../ansible/jinja/values.ts";
import { readYaml } from "../ansible/yaml.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";
import { checksumDigest, type DownloadItem } from "./items.ts";

/** An item that a role fetches, as the file that it is there. */
export interface RoleDownload {
  readonly item: DownloadItem;
  readonly role: string;
}

const engines: Readonly<Record<string, string>> = {
  containerd: "container-engine/containerd",
  crio: "container-engine/cri-o",
  docker: "container-engine/cri-dockerd",
};

/** What a checkout's roles fetch, read once: an engine's (or any) role → it and those it depends on, with their items. */
export type RoleDownloads = (role: string) => readonly { readonly role: string; readonly names: readonly string[] }[];

/** Reads roles as they are asked for. */
export function roleDownloads(checkout: Checkout): RoleDownloads {
  const known = new Map<string, ReturnType<RoleDownloads>>();
  return (role) => {
    const found =
      known.get(role) ?? closure(checkout, role).map((one) => ({ role: one, names: fetchedBy(checkout, one) }));
    known.set(role, found);
    return found;
  };
}

/** The items that other roles fetch on a host in these groups, and the download role does not. */
export function otherRoleDownloads(
  fetchers: RoleDownloads,
  host: Templar,
  items: readonly DownloadItem[],
  groups: readonly string[],
): readonly RoleDownload[] {
  const holds = (expression: string): boolean => attempt(() => isTruthy(host.expression(expression))) ?? false;
  const manager = attempt(() => host.resolve("container_manager"));
  const engine = typeof manager === "string" && Object.hasOwn(engines, manager) ? engines[manager] : undefined;
  const roles = [
    ...(engine !== undefined && holds("deploy_container_engine | default(true)") ? fetchers(engine) : []),
    ...(holds("container_manager in ['crio', 'containerd']") && etcdToolsOn(groups, holds)
      ? fetchers("etcdctl_etcdutl")
      : []),
  ];
  return roles.flatMap(({ role, names }) =>
    names.flatMap((name): RoleDownload[] => {
      const item = items.find((one) => one.name === name);
      if (!item || item.url === undefined || (item.required && item.kind === "file")) return [];
      return [{ role, item: asFile(item, host) }];
    }),
  );
}

/** The role's own tasks, read at 2.23 to 2.31: on etcd's hosts, and on the control plane where kubeadm runs etcd. */
function etcdToolsOn(groups: readonly string[], holds: (expression: string) => boolean): boolean {
  return holds("etcd_deployment_type == 'kubeadm'") ? groups.includes("kube_control_plane") : groups.includes("etcd");
}

/** An item that is an image for this cluster has its file's digest in a variable of its own. */
function asFile(item: DownloadItem, host: Templar): DownloadItem {
  const own = ["binary", "archive"]
    .map((kind) => attempt(() => host.variable(`${item.name}_${kind}_checksum`)))
    .find((value) => typeof value === "string");
  const digest = item.digest ?? (typeof own === "string" ? checksumDigest(own) : undefined);
  return { ...item, kind: "file", digest };
}

/** A role and those it depends on (meta/main.yml). */
function closure(checkout: Checkout, role: string): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name) || found.size > 50) return;
    found.add(name);
    const path = `roles/${name}/meta/main.yml`;
    if (/[^\w/-]/.test(name) || checkout.folder.kind(path) !== "file") return;
    const meta = readYaml(checkout.folder.read(path), displayPath(checkout.folder, path));
    const dependencies = meta instanceof Dict ? meta.get("dependencies") : undefined;
    for (const one of dependencies !== undefined && isList(dependencies) ? dependencies : []) {
      const next = one instanceof Dict ? one.get("role") : one;
      if (typeof next === "string") visit(next);
    }
  };
  visit(role);
  return [...found];
}

/** `downloads.runc` in `download: "{{ download_defaults | combine(downloads.runc) }}"` of a role's tasks. */
function fetchedBy(checkout: Checkout, role: string): readonly string[] {
  const path = `roles/${role}/tasks`;
  if (checkout.folder.kind(path) !== "folder") return [];
  return checkout.folder
    .list(path)
    .filter((name) => /\.ya?ml$/.test(name) && checkout.folder.kind(`${path}/${name}`) === "file")
    .flatMap((name) => [...namesIn(checkout.folder.read(`${path}/${name}`))]);
}

function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/combine\(\s*downloads\.(\w+)\s*\)/g)].map(([, name = ""]) => name));
}
