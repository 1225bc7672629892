// A kubespray checkout: which release it is, and the variables that its roles set. These lie in roles/download/defaults (2.22, 2.23),
// roles/kubespray-defaults (2.24 to 2.27), roles/kubespray_defaults/{defaults,vars} (from 2.28).
import { displayPath, type Folder, openFolder } from "../ansible/folder.ts";
import type { RoleVariables, SetFact } from "../ansible/host-variables.ts";
import { Dict } from "../ansible/jinja/values.ts";
import { loadVariables, type VariableSource } from "../ansible/variables.ts";
import { readYaml } from "../ansible/yaml.ts";
import { KsoError } from "../core/errors.ts";
import { quotedName } from "../core/quote.ts";
import { isVersion, withoutV } from "../core/version.ts";
import { commitOf } from "./commit.ts";
import { type DownloadConditions, downloadConditions } from "./download-conditions.ts";
import { type Playbooks, readPlaybooks } from "./playbooks.ts";
import { otherRoleDefaults } from "./role-defaults.ts";
import { roleTasks } from "./tasks.ts";

/** A checkout, read and not yet evaluated. Its variables are those of the defaults role and the download role. */
export interface Checkout extends RoleVariables {
  readonly folder: Folder;
  /** `2.31.0`, from galaxy.yml; a branch names the release it leads to. */
  readonly version: string;
  /** The commit, where the checkout has a .git folder that names it. */
  readonly commit: string | undefined;
  /** The roles that the variables come from. */
  readonly roles: readonly string[];
  /** Defaults of all other roles, by role (`kubernetes-apps/argocd`); read on the first call. */
  readonly otherRoles: () => ReadonlyMap<string, readonly VariableSource[]>;
  /** What the playbook cluster.yml does; read on the first call. */
  readonly playbooks: () => Playbooks;
  /** The conditions under which the download role fetches an item, and the variables they see besides `item`. */
  readonly conditions: DownloadConditions;
  /** The configuration that the download role hands to kubeadm to learn its images, as a template. */
  readonly kubeadm: string | undefined;
}

/** The version of a checkout that does not say which release it is. */
export const unknownVersion = "0.0.0";

/**
 * Reads a checkout.
 * @throws KsoError `usage` when it is none, `unresolvable` for a file in it that cannot be read.
 */
export function openCheckout(path: string): Checkout {
  const folder = openFolder(path);
  const defaultsRole = ["kubespray_defaults", "kubespray-defaults"].find(
    (name) => folder.kind(`roles/${name}/defaults`) === "folder",
  );
  if (defaultsRole === undefined || folder.kind("roles/download/tasks") !== "folder")
    throw new KsoError(
      "usage",
      `Cannot use ${path}: it is no kubespray checkout (it lacks roles/kubespray_defaults/defaults or roles/download/tasks)`,
    );
  // The download role's task sees its own defaults above any other role's.
  const roles = [defaultsRole, "download"];
  const defaults = roles.flatMap((role) => roleVariables(folder, role, "defaults"));
  const vars = roles.flatMap((role) => roleVariables(folder, role, "vars"));
  if (![...defaults, ...vars].some((source) => source.has("downloads")))
    throw new KsoError("unresolvable", `Cannot use ${path}: its roles ${roles.join(" and ")} do not set "downloads"`);
  const template = "roles/download/templates/kubeadm-images.yaml.j2";
  return {
    folder,
    version: versionOf(folder),
    commit: commitOf(folder),
    roles,
    defaults,
    vars,
    otherRoles: once(() => otherRoleDefaults(folder, roles)),
    playbooks: once(() => readPlaybooks(folder)),
    setFacts: setFactsOf(folder, defaultsRole),
    conditions: downloadConditions(folder),
    kubeadm: folder.kind(template) === "file" ? folder.read(template) : undefined,
  };
}

/** The names of all variables that the defaults role and the download role set. */
export function variableNames({ defaults, vars }: Checkout): ReadonlySet<string> {
  return new Set([...defaults, ...vars].flatMap((source) => [...source.keys()]));
}

function roleVariables(folder: Folder, role: string, kind: "defaults" | "vars"): readonly VariableSource[] {
  const { sources, encrypted } = loadVariables(folder, `roles/${role}/${kind}/main`, "role");
  if (encrypted.length > 0)
    throw new KsoError("unresolvable", `Cannot use ${encrypted.join(", ")}: it is encrypted with Ansible Vault`);
  return sources;
}

/** Calls `make` on the first call, and returns the same value on each. */
function once<T>(make: () => T): () => T {
  let cached: { readonly value: T } | undefined;
  return () => {
    cached ??= { value: make() };
    return cached.value;
  };
}

function versionOf(folder: Folder): string {
  if (folder.kind("galaxy.yml") !== "file") return unknownVersion;
  const where = displayPath(folder, "galaxy.yml");
  const galaxy = readYaml(folder.read("galaxy.yml"), where);
  const version = galaxy instanceof Dict ? galaxy.get("version") : undefined;
  if (typeof version !== "string") return unknownVersion;
  if (!isVersion(version))
    throw new KsoError("unresolvable", `Cannot use ${where}: ${quotedName(version)} is no version`);
  return withoutV(version);
}

/** The `set_fact` tasks of a role. (Up to 2.23 one sets `etcd_deployment_type` to kubeadm where `etcd_kubeadm_enabled` is true.) */
function setFactsOf(folder: Folder, role: string): readonly SetFact[] {
  return roleTasks(folder, role).flatMap((task) => {
    if (task.has("loop") || task.has("with_items")) return [];
    const values = task.get("set_fact") ?? task.get("ansible.builtin.set_fact");
    return values instanceof Dict ? [{ when: task.get("when") ?? true, values }] : [];
  });
}
