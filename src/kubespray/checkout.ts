// A kubespray checkout: which release it is, and the variables that its roles set. They moved: roles/download/defaults (2.22, 2.23),
// roles/kubespray-defaults (2.24 to 2.27), roles/kubespray_defaults/{defaults,vars} (from 2.28).

import { displayPath, type Folder, openFolder } from "../ansible/folder.ts";
import { Dict, isList, type PythonValue } from "../ansible/jinja/values.ts";
import { loadVariables, type VariableSource } from "../ansible/variables.ts";
import { readYaml } from "../ansible/yaml.ts";
import { KsoError } from "../core/errors.ts";
import { withoutV } from "../core/version.ts";

/** A checkout, read and not yet evaluated. */
export interface Checkout {
  readonly folder: Folder;
  /** `2.31.0`, from galaxy.yml; a branch names the release it leads to. */
  readonly version: string;
  /** The commit, where the checkout has a .git folder that says it. */
  readonly commit: string | undefined;
  /** The roles that the variables come from. */
  readonly roles: readonly string[];
  /** What an inventory may override, weakest first. */
  readonly defaults: readonly VariableSource[];
  /** Role vars, which win over an inventory. */
  readonly vars: readonly VariableSource[];
  /** Defaults of all other roles, by role (`kubernetes-apps/argocd`); read when first asked for. */
  readonly otherRoles: () => ReadonlyMap<string, readonly VariableSource[]>;
  /** Variables that the defaults role sets when it runs, each under a condition. */
  readonly setFacts: readonly SetFact[];
  /** The conditions under which the download role fetches an item, and the variables they see besides `item`. */
  readonly conditions: DownloadConditions;
  /** The configuration that the download role hands to kubeadm to learn its images, as a template. */
  readonly kubeadm: string | undefined;
}

/** A `set_fact` of the defaults role: up to 2.23 `etcd_kubeadm_enabled` makes `etcd_deployment_type` kubeadm. */
export interface SetFact {
  readonly when: PythonValue;
  readonly values: Dict;
}

export interface DownloadConditions {
  readonly when: PythonValue;
  readonly vars: Dict;
}

/** The download role's own words in every release from 2.22 to 2.31, for a checkout whose task is written otherwise. */
const usual: DownloadConditions = {
  when: [
    "not skip_downloads | default(false)",
    "download.enabled",
    "item.value.enabled",
    "(not (item.value.container | default(false))) or (item.value.container and download_container)",
    "(download_run_once and inventory_hostname == download_delegate) or (group_names | intersect(download.groups) | length)",
  ],
  vars: new Dict([["download", "{{ download_defaults | combine(item.value) }}"]]),
};

/**
 * Reads a checkout.
 * @throws KsoError `usage` when it is none, `unresolvable` for a file in it that cannot be read.
 */
export function openCheckout(path: string): Checkout {
  const folder = openFolder(path);
  const main = ["kubespray_defaults", "kubespray-defaults"].find(
    (name) => folder.kind(`roles/${name}/defaults`) === "folder",
  );
  if (!(main && folder.kind("roles/download/tasks") === "folder"))
    throw new KsoError(
      "usage",
      `Cannot use ${path}: it is no kubespray checkout (there is no roles/kubespray_defaults/defaults and roles/download)`,
    );
  // The download role's task sees its own defaults above any other role's.
  const roles = [main, "download"];
  const load = (kind: "defaults" | "vars"): VariableSource[] =>
    roles.flatMap((role) => {
      const { sources: layers, encrypted: sealed } = loadVariables(folder, `roles/${role}/${kind}`, "main", "role");
      if (sealed.length > 0)
        throw new KsoError("unresolvable", `Cannot use ${sealed.join(", ")}: it is encrypted with Ansible Vault`);
      return layers;
    });
  const defaults = load("defaults");
  if (![...defaults, ...load("vars")].some((layer) => layer.has("downloads")))
    throw new KsoError(
      "unresolvable",
      `Cannot use ${path}: its roles ${roles.join(" and ")} say nothing of "downloads"`,
    );
  const template = "roles/download/templates/kubeadm-images.yaml.j2";
  return {
    folder,
    version: versionOf(folder),
    commit: commitOf(folder),
    roles,
    defaults,
    vars: load("vars"),
    otherRoles: once(() => elsewhere(folder, roles)),
    setFacts: factsOf(folder, main),
    conditions: conditionsOf(folder),
    kubeadm: folder.kind(template) === "file" ? folder.read(template) : undefined,
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Roles lie in folders in `roles`, up to four deep: one is a folder with `defaults`. */
function elsewhere(folder: Folder, but: readonly string[]): ReadonlyMap<string, readonly VariableSource[]> {
  const found = new Map<string, readonly VariableSource[]>();
  const visit = (role: string, depth: number): void => {
    const path = role === "" ? "roles" : `roles/${role}`;
    if (depth > 4 || folder.kind(path) !== "folder") return;
    const names = folder.list(path);
    if (names.includes("defaults") || names.includes("tasks")) {
      if (!but.includes(role)) found.set(role, loadVariables(folder, `${path}/defaults`, "main", "role").sources);
    }
    for (const name of names)
      if (!/^(?:tasks|defaults|vars|templates|files|handlers|meta|molecule|library)$|[.]/.test(name))
        visit(role === "" ? name : `${role}/${name}`, depth + 1);
  };
  visit("", 0);
  return found;
}

function versionOf(folder: Folder): string {
  if (folder.kind("galaxy.yml") !== "file") return "0.0.0";
  const galaxy = readYaml(folder.read("galaxy.yml"), displayPath(folder, "galaxy.yml"));
  const version = galaxy instanceof Dict ? galaxy.get("version") : undefined;
  return typeof version === "string" ? withoutV(version) : "0.0.0";
}

/** Reads what git would answer; git itself would run hooks and filters of the checkout's choosing. */
function commitOf(folder: Folder): string | undefined {
  const text = (path: string): string | undefined =>
    folder.kind(path) === "file" ? folder.read(path).slice(0, 1_000_000) : undefined;
  const head = text(".git/HEAD")?.trim();
  const [, ref] = /^ref: (refs\/[\w./-]+)$/.exec(head ?? "") ?? [];
  if (ref === undefined) return head !== undefined && /^[0-9a-f]{40,64}$/.test(head) ? head : undefined;
  if (ref.includes("..")) return undefined;
  const loose = text(`.git/${ref}`)?.trim();
  const packed = text(".git/packed-refs")
    ?.split("\n")
    .find((line) => line.endsWith(` ${ref}`));
  return (loose ?? packed?.split(" ")[0])?.match(/^[0-9a-f]{40,64}$/)?.[0];
}

function factsOf(folder: Folder, role: string): readonly SetFact[] {
  const path = ["main.yml", "main.yaml"]
    .map((name) => `roles/${role}/tasks/${name}`)
    .find((name) => folder.kind(name) === "file");
  const tasks = path === undefined ? [] : readYaml(folder.read(path), displayPath(folder, path));
  return (isList(tasks) ? tasks : []).flatMap((task) => {
    if (!(task instanceof Dict) || task.has("loop") || task.has("with_items")) return [];
    const values = task.get("set_fact") ?? task.get("ansible.builtin.set_fact");
    return values instanceof Dict ? [{ when: task.get("when") ?? true, values }] : [];
  });
}

/** The task that loops over `downloads`. */
function conditionsOf(folder: Folder): DownloadConditions {
  const path = ["roles/download/tasks/main.yml", "roles/download/tasks/main.yaml"].find(
    (name) => folder.kind(name) === "file",
  );
  if (path === undefined) return usual;
  const tasks = readYaml(folder.read(path), displayPath(folder, path));
  if (!isList(tasks)) return usual;
  for (const task of tasks) {
    if (!(task instanceof Dict)) continue;
    const loop = task.get("loop") ?? task.get("with_dict");
    if (!(typeof loop === "string" && /\bdownloads\b/.test(loop))) continue;
    const vars = task.get("vars");
    return { when: task.get("when") ?? true, vars: vars instanceof Dict ? vars : usual.vars };
  }
  return usual;
}
