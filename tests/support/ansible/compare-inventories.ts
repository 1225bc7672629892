// `KUBESPRAY_CLONE=DIR bun tests/support/ansible/compare-inventories.ts LIST [NAME…]`: holds the plans for the inventories of a list to
// Ansible's own answer, item by item and host by host. A line of LIST is a name, tags of kubespray (`v2.27.0,v2.31.0`) and arguments of
// ansible-playbook, with paths relative to the list: `mine v2.31.0 -i mine/hosts.yaml -e kube_version=1.35.3`. VERBOSE=1 shows what plans
// name and note. Exit code 1 where anything differs.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { messageOf } from "../../../src/core/errors.ts";
import { platforms } from "../../../src/core/platform.ts";
import { checksumDigest } from "../../../src/kubespray/items.ts";
import type { ClusterPlan } from "../../../src/kubespray/plan.ts";
import type { RequiredDownloads } from "../../../src/kubespray/required-downloads.ts";
import { resolveCluster } from "../../../src/kubespray/resolve.ts";
import { catalog } from "../plan.ts";
import { type AnsibleAnswer, type AnsibleHost, type AnsibleJob, type Evaluated, openAnsible } from "./ansible.ts";
import { differences, ownAnswer } from "./evaluation.ts";

interface Line {
  readonly name: string;
  readonly tags: readonly string[];
  readonly args: readonly string[];
}

interface Comparison {
  readonly summary: string;
  readonly differences: readonly string[];
  /** What the plan names and notes. */
  readonly told?: readonly string[];
}

const clone = process.env["KUBESPRAY_CLONE"] ?? "";
const [listPath = "", ...only] = process.argv.slice(2);

function readList(): Line[] {
  const lines = readFileSync(listPath, "utf8").split("\n");
  return lines
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", tags = "", ...args] = line.trim().split(/\s+/);
      return { name, tags: tags.split(","), args: args.map(atList) };
    })
    .filter(({ name }) => only.length === 0 || only.includes(name));
}

/** An argument; one that names a file beside the list, with its whole path. */
function atList(arg: string): string {
  const [, sign = "", path = ""] = /^(@?)(.*)$/.exec(arg) ?? [];
  const absolute = resolve(dirname(listPath), path);
  return existsSync(absolute) ? sign + absolute : arg;
}

function checkoutOf(tag: string): string {
  const path = join(tmpdir(), "kso-checkouts", tag);
  if (existsSync(join(path, "roles"))) return path;
  mkdirSync(path, { recursive: true });
  const script = `git -C "$0" archive "$1" | tar x -C "$2"`;
  const { success, stderr } = Bun.spawnSync(["sh", "-c", script, clone, tag, path]);
  if (!success) throw new Error(stderr.toString());
  return path;
}

function jobOf({ args }: Line, tag: string): AnsibleJob {
  const all = (...names: string[]): string[] =>
    args.flatMap((arg, index) => (names.includes(arg) ? [args[index + 1] ?? ""] : []));
  const checkout = checkoutOf(tag);
  const template = join(checkout, "roles/download/templates/kubeadm-images.yaml.j2");
  // The endpoints say nothing of images, and need facts of all hosts.
  const kubeadm = existsSync(template)
    ? readFileSync(template, "utf8").replace(/\{% for endpoint .*?\{% endfor %\}/s, "      []")
    : "";
  return {
    checkout,
    inventories: all("-i"),
    extraVars: all("-e"),
    limit: all("-l", "--limit")[0],
    vaultPasswordFiles: all("--vault-password-file"),
    vaultIds: all("--vault-id"),
    templates: { kubeadm },
  };
}

type Words = ReadonlyMap<string, string>;

/** What a host downloads by Ansible, item → what; and the items that Ansible cannot evaluate, item → why. */
function ansibleWords(host: AnsibleHost): { readonly wanted: Words; readonly failed: Words } {
  const [wanted, failed] = [new Map<string, string>(), new Map<string, string>()];
  for (const [name, item] of Object.entries(host.items ?? {})) {
    if (!("fields" in item)) {
      failed.set(name, item.error);
      continue;
    }
    const { fields, would_download } = item;
    const fieldOf = (field: string): unknown =>
      fields[field] && "value" in fields[field] ? fields[field].value : undefined;
    if ("value" in would_download && would_download.value !== true) continue;
    const errors = Object.entries({ ...fields, when: would_download }).filter(([field, value]) =>
      isBroken(field, value),
    );
    if (errors.length > 0)
      failed.set(name, errors.map(([field, value]) => `${field}: ${"error" in value ? value.error : ""}`).join("; "));
    else {
      const digest = checksumDigest(String(fieldOf("checksum") ?? fieldOf("sha256")));
      const image = `${fieldOf("repo")}:${fieldOf("tag")}`;
      const isImage = fieldOf("container") === true;
      wanted.set(name, isImage ? imageWords(image, undefined, digest) : `${fieldOf("url")} ${digest}`);
    }
  }
  if (host.groups.includes("k8s_cluster")) for (const [name, image] of kubeadmImages(host)) wanted.set(name, image);
  return { wanted, failed };
}

/** `REPO:TAG@sha256:…`, whichever variable the digest stands in. */
function imageWords(repo: unknown, tag: string | undefined, digest: string | undefined): string {
  const image = tag === undefined ? String(repo) : `${repo}:${tag}`;
  return digest === undefined || image.includes("@") ? image : `${image}@${digest}`;
}

/** Where a file lands on a node, and what it is called in a message, is no matter of a bundle. */
function isBroken(field: string, value: Evaluated): boolean {
  return "error" in value && !["dest", "unarchive", "version", "owner", "mode"].includes(field);
}

/** What kubeadm names for the configuration that the download role hands it. */
function kubeadmImages({ templates }: AnsibleHost): Words {
  const kubeadm = templates?.["kubeadm"];
  const text = kubeadm && "value" in kubeadm ? String(kubeadm.value) : "";
  const [, repository, version] = /^imageRepository: *(\S+)\nkubernetesVersion: *(\S+)/m.exec(text) ?? [];
  if (repository === undefined) return new Map();
  const names = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];
  const [, etcd, tag] = /^ +local:\n +imageRepository: *"?([^"\n]*)"?\n +imageTag: *"?([^"\n]*)"?/m.exec(text) ?? [];
  return new Map([
    ...names.map((name): [string, string] => [`kubeadm_${name}`, `${repository}/${name}:${version}`]),
    ...(etcd === undefined ? [] : [["kubeadm_etcd", `${etcd}/etcd:${tag}`] as const]),
  ]);
}

/** Where the plan and Ansible's answer differ for one host. */
function hostDifferences(
  host: string,
  answer: AnsibleHost,
  { plan, required }: ClusterPlan,
  own: AnsibleHost | undefined,
): string[] {
  const { wanted, failed } = ansibleWords(answer);
  const named = new Set(plan.unresolved.map(({ name }) => name));
  const isNamed = (name: string): boolean => named.has(name) || named.has(name.replace(/^kubeadm_/, ""));
  const planned = plannedWords(host, required);
  const found: string[] = [];
  for (const [name, reason] of failed)
    if (!isNamed(name)) found.push(`${name}: silent, and Ansible fails: ${reason.slice(-200)}`);
  for (const name of new Set([...wanted.keys(), ...planned.keys()])) {
    const [ours, theirs] = [planned.get(name), wanted.get(name)];
    if (ours === theirs || (isNamed(name) && failed.has(name))) continue;
    // Another role fetches it there; by the download role's own conditions kso would not either.
    const item = own?.items?.[name];
    if (
      theirs === undefined &&
      item &&
      "fields" in item &&
      "value" in item.would_download &&
      !item.would_download.value
    )
      continue;
    // Ansible cannot render kubeadm's configuration; which images it names is known all the same.
    if (theirs === undefined && name.startsWith("kubeadm_") && "error" in (answer.templates?.["kubeadm"] ?? {}))
      continue;
    found.push(
      `${name}: ${isNamed(name) ? "unresolved" : (ours ?? "not planned")}; Ansible: ${theirs ?? "not downloaded"}`,
    );
  }
  return found;
}

function plannedWords(host: string, required: RequiredDownloads | undefined): Words {
  const own = (required?.downloads ?? []).filter(({ hosts, role }) => hosts.includes(host) && role === undefined);
  return new Map(
    own.map(({ item, requested }) => [
      item.name,
      item.kind === "image" ? imageWords(requested.repo, item.tag, item.digest) : `${requested.url} ${item.digest}`,
    ]),
  );
}

function compare(job: AnsibleJob, answer: AnsibleAnswer): Comparison {
  let cluster: ClusterPlan;
  try {
    const { inventories, extraVars = [], limit, vaultPasswordFiles = [], vaultIds = [] } = job;
    const inventory = { inventories, extraVars, limit, vaultPasswordFiles, vaultIds, followLinks: false };
    const assumed = platforms.filter(({ arch }) => arch === "amd64");
    const options = { platforms, assumed, selection: {}, unavailable: "exclude" } as const;
    cluster = resolveCluster(catalog, { kubesprayDir: job.checkout, inventory, ...options });
  } catch (thrown) {
    const reason = messageOf(thrown);
    const played = Object.values(answer.hosts).filter((host) => host.played);
    if (played.length === 0)
      return { summary: `both refuse: ${reason}; Ansible: ${answer.error ?? "no host takes part"}`, differences: [] };
    return { summary: "refused", differences: [`refused: ${reason}; Ansible answers for ${played.length} hosts`] };
  }
  const played = Object.entries(answer.hosts).filter(([, host]) => host.played);
  if (played.length === 0 && job.inventories.some(hasIni))
    return {
      summary: "planned from a file .ini of a folder, which Ansible passes over",
      differences: [],
      told: toldBy(cluster),
    };
  if (answer.error?.includes("no vault secrets") && cluster.plan.unresolved.some(({ kind }) => kind === "variables"))
    return { summary: "planned without what is encrypted, which a note says", differences: [], told: toldBy(cluster) };
  if (answer.error !== undefined) return { summary: "planned", differences: [`planned; Ansible: ${answer.error}`] };
  const own = ownAnswer(job);
  const hostsOf = new Map<string, string[]>();
  const add = (difference: string, host: string): unknown =>
    hostsOf.set(difference, [...(hostsOf.get(difference) ?? []), host]);
  const plannedHosts = new Set([...(cluster.required?.hosts.values() ?? [])].flat());
  for (const [name, host] of played) {
    if (!plannedHosts.has(name)) add("nothing is planned for it", name);
    else if (host.error !== undefined) add(`Ansible fails: ${host.error.slice(-200)}`, name);
    else for (const difference of hostDifferences(name, host, cluster, own.hosts[name])) add(difference, name);
  }
  for (const name of plannedHosts)
    if (answer.hosts[name]?.played !== true) add("planned, and Ansible leaves it alone", name);
  const evaluated = differences(inOrder(answer), inOrder(own)).filter((text) => !text.includes("/dest: "));
  return {
    summary: summaryOf(cluster, played.length),
    differences: [
      ...[...hostsOf].map(([difference, hosts]) => `${difference} (${shown(hosts)})`),
      ...evaluated.slice(0, 12).map((difference) => `evaluated: ${difference.slice(0, 400)}`),
      ...(evaluated.length > 12 ? [`evaluated: and ${evaluated.length - 12} more`] : []),
    ],
    told: toldBy(cluster),
  };
}

/** An answer with the hosts of groups in alphabetical order: in Ansible's own it differs from run to run. */
/** A folder with a file `.ini`. */
function hasIni(inventory: string): boolean {
  const isFolder = statSync(inventory, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder && readdirSync(inventory).some((name) => name.endsWith(".ini"));
}

function inOrder({ groups, hosts, ...answer }: AnsibleAnswer): AnsibleAnswer {
  return {
    ...answer,
    groups: Object.fromEntries(Object.entries(groups).map(([name, members]) => [name, [...members].sort()])),
    hosts: Object.fromEntries(Object.entries(hosts).map(([name, { templates: _, ...host }]) => [name, host])),
  };
}

const shown = (names: readonly string[]): string =>
  names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");

function summaryOf({ plan }: ClusterPlan, hosts: number): string {
  const requests = plan.artifacts.reduce((sum, artifact) => sum + artifact.platforms.length, 0);
  const counts = [
    `${requests} requests`,
    `${plan.unresolved.length} unresolved`,
    `${plan.unavailable.length} unavailable`,
  ];
  return `${hosts} hosts, ${counts.join(", ")}, ${plan.notes.length} notes`;
}

function toldBy({ plan, required }: ClusterPlan): string[] {
  const roles = (required?.downloads ?? []).filter(({ role, hosts }) => role !== undefined && hosts.length > 0);
  return [
    ...plan.unresolved.map(
      ({ name, field, expression, reason }) => `unresolved ${name}: ${field} "${expression}": ${reason}`,
    ),
    ...plan.unavailable.map(({ name, platform, reason }) => `unavailable ${name} ${platform}: ${reason}`),
    ...plan.notes.map((note) => `note: ${note}`),
    ...new Set(roles.map(({ item, role }) => `role: ${item.name} by ${role}`)),
  ];
}

await using ansible = openAnsible();
let failed = 0;
let compared = 0;
for (const line of readList())
  for (const tag of line.tags) {
    const job = jobOf(line, tag);
    const comparison = compare(job, await ansible.ask(job));
    compared++;
    if (comparison.differences.length > 0) failed++;
    console.log(
      `${line.name} ${tag}: ${comparison.summary}: ${comparison.differences.length === 0 ? "equal" : "DIFFERENT"}`,
    );
    for (const difference of comparison.differences) console.log(`    ${difference}`);
    if (process.env["VERBOSE"] !== undefined) for (const text of comparison.told ?? []) console.log(`    - ${text}`);
  }
console.log(`${compared - failed} of ${compared} are equal`);
if (failed > 0) process.exitCode = 1;
