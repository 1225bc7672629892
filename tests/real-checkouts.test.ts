// Checkouts of the real kubespray against kubespray's own Ansible run (../shared/truth/downloads), item by item, and against the
// plans from embedded data. Runs where both are: KUBESPRAY_CLONE names a clone of kubernetes-sigs/kubespray with its tags
// (and KSO_TRUTH the folder, where it lies elsewhere).
import { afterAll, expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFolder } from "../src/ansible/folder.ts";
import { hostTemplar } from "../src/ansible/host-variables.ts";
import { noInventory } from "../src/ansible/inventory/options.ts";
import { Dict } from "../src/ansible/jinja/values.ts";
import { fileOf } from "../src/ansible/playbook/walk.ts";
import { loadVariables, type VariableSource, variableSource } from "../src/ansible/variables.ts";
import { readYaml } from "../src/ansible/yaml.ts";
import type { Plan } from "../src/core/plan.ts";
import { platforms } from "../src/core/platform.ts";
import { type Checkout, openCheckout } from "../src/kubespray/checkout.ts";
import { openClusterInventory } from "../src/kubespray/inventory.ts";
import { type DownloadItem, evaluateItems } from "../src/kubespray/items.ts";
import { planCheckout } from "../src/kubespray/plan.ts";
import { readPlaybooks } from "../src/kubespray/playbooks.ts";
import { hasAnsible, openAnsible } from "./support/ansible/ansible.ts";
import { differences, ownAnswer } from "./support/ansible/evaluation.ts";
import { plant } from "./support/checkout.ts";
import { golden, groundTruth } from "./support/paths.ts";
import { catalog, planFor } from "./support/plan.ts";
import { clone, tagged } from "./support/tags.ts";
import { temporary } from "./support/temp.ts";

const truth = groundTruth;
const listed = (path: string): string[] => (existsSync(join(truth, path)) ? readdirSync(join(truth, path)) : []);
const folder = temporary();

const opened = new Map<string, Checkout>();
/** The tag's files, as git archives them. */
function checkoutOf(tag: string): Checkout {
  const known = opened.get(tag);
  if (known) return known;
  const checkout = openCheckout(tagged(folder.path, tag));
  opened.set(tag, checkout);
  return checkout;
}

interface Expected {
  readonly meta: { readonly arch: string; readonly scenario: string };
  readonly downloads: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The scenario's variables, as group_vars/all over the inventory that it was evaluated with. */
function layersOf(tag: string, scenario: string): readonly VariableSource[] {
  if (scenario === "sample") {
    const sample = openFolder(join(folder.path, tag, "inventory/sample/group_vars"));
    return ["all", "k8s_cluster"].flatMap((group) => loadVariables(sample, `./${group}`, "vars").sources);
  }
  const path = [`scenarios/${scenario}.yml`, `scenarios/per-release/${tag}/${scenario}.yml`].find((one) =>
    existsSync(join(truth, one)),
  );
  const value = readYaml(readFileSync(join(truth, path ?? ""), "utf8"), path ?? "");
  return value instanceof Dict ? [variableSource(value, scenario)] : [];
}

/** An item in the words of the truth. */
function told(
  { enabled, url, dest, repo, tag, groups, required: wanted, digest, version }: DownloadItem,
  there: Expected["downloads"][string],
) {
  return {
    enabled,
    url: url ?? null,
    dest: dest ?? null,
    repo: repo ?? null,
    tag: tag ?? null,
    groups,
    would_download: wanted,
    checksum_normalized: digest ?? null,
    ...("version" in there && { version: version ?? null }),
  };
}

const cases =
  clone === undefined
    ? []
    : listed("downloads").flatMap((tag) => listed(`downloads/${tag}`).map((name) => ({ tag, name })));

test.each(cases)("$tag $name", ({ tag, name }) => {
  const { meta, downloads } = JSON.parse(readFileSync(join(truth, "downloads", tag, name), "utf8")) as Expected;
  const checkout = checkoutOf(tag);
  const inventory = openClusterInventory(
    { ...noInventory, inventories: [join(truth, "scenarios/hosts.ini")] },
    checkout,
  );
  const [host] = inventory.hosts;
  if (!host) throw new Error("the inventory names no host");
  const machine = meta.arch === "arm64" ? "aarch64" : "x86_64";
  const changed = { ...host, sources: [...layersOf(tag, meta.scenario), ...host.sources] };
  const items = evaluateItems(checkout, hostTemplar(checkout, { inventory, host: changed, machine }));
  expect(items.map((item) => item.name).sort()).toEqual(Object.keys(downloads).sort());
  for (const item of items) {
    const there = downloads[item.name] ?? {};
    const { enabled, url, dest, repo, tag: version, groups, would_download, checksum_normalized = null } = there;
    expect({ [item.name]: told(item, there) }).toEqual({
      [item.name]: {
        enabled,
        url,
        dest,
        repo,
        tag: version,
        groups,
        would_download,
        checksum_normalized,
        ...("version" in there && { version: String(there["version"]) }),
      } as ReturnType<typeof told>,
    });
  }
});

/** kubespray's own inventories; the sample one names hosts in comments alone up to 2.26. */
const shipped =
  clone === undefined || !hasAnsible()
    ? []
    : catalog.releases.flatMap((version) => ["sample", "local"].map((name) => ({ tag: `v${version}`, name })));
const ansible = shipped.length > 0 ? openAnsible() : undefined;
afterAll(async () => await ansible?.[Symbol.asyncDispose]());

const cluster = "[kube_control_plane]\nnode1\n[etcd:children]\nkube_control_plane\n[kube_node]\nnode2\n";

test.each(shipped)("$tag: each item of inventory/$name is Ansible's, on every host", async ({ tag, name }) => {
  const checkout = checkoutOf(tag).folder.path;
  using own = temporary();
  const site = join(own.path, name);
  cpSync(join(checkout, "inventory", name), site, { recursive: true, dereference: true });
  if (name === "sample") {
    const path = join(site, "inventory.ini");
    const hasCluster = readFileSync(path, "utf8").includes("[k8s_cluster:children]");
    writeFileSync(path, hasCluster ? `${cluster}[k8s_cluster:children]\nkube_control_plane\nkube_node\n` : cluster);
  }
  const job = {
    checkout,
    inventories: [join(site, name === "sample" ? "inventory.ini" : "hosts.ini")],
    machines: { node2: "aarch64" },
    // What only a host knows is unknown to kso, and has some value for Ansible.
    facts: { "*": { env: { HOME: "/root" } } },
    keep: false,
  };
  const answer = await ansible?.ask(job);
  if (!answer) throw new Error("Ansible is gone");
  expect(answer.error).toBeUndefined();
  expect(Object.keys(answer.hosts).length).toBeGreaterThan(0);
  const found = differences(answer, ownAnswer(job));
  expect(found.filter((difference) => !/\/fields\/dest: /.test(difference))).toEqual([]);
});

interface Pointed {
  readonly variables: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const everywhere = `[kube_control_plane]
a ansible_architecture=x86_64
b ansible_architecture=aarch64
[etcd:children]
kube_control_plane
[kube_node:children]
kube_control_plane
[k8s_cluster:children]
kube_control_plane
`;

/** The plan for two hosts that are everything, with these variables. */
function clusterOf(tag: string, variables: Readonly<Record<string, unknown>>): ReturnType<typeof planCheckout> {
  using own = temporary();
  const files = { "inventory.ini": everywhere, "group_vars/all.yml": JSON.stringify(variables) };
  const inventory = openClusterInventory({ ...noInventory, inventories: [plant(own.path, files)] }, checkoutOf(tag));
  return planCheckout(checkoutOf(tag), catalog, { platforms, selection: {}, unavailable: "include", inventory });
}

const sites = clone === undefined ? [] : readdirSync(join(golden, "site")).map((name) => name.replace(".json", ""));

test.each(sites)(
  "%s: an inventory that points at a mirror is planned from the origins, and asks where Ansible says it does",
  (tag) => {
    const path = join(golden, `site/${tag}.json`);
    const { variables, files } = JSON.parse(readFileSync(path, "utf8")) as Pointed;
    const { kube_version: _, ...pointed } = variables;
    const all = { helm_enabled: true, gvisor_enabled: true, kata_containers_enabled: true, cert_manager_enabled: true };
    const [plain, moved] = [clusterOf(tag, all), clusterOf(tag, { ...all, ...pointed })];
    expect(moved.plan.artifacts).toEqual(plain.plan.artifacts);
    const asked = (moved.required?.downloads ?? []).filter(
      ({ item, hosts }) => item.kind === "file" && hosts.length > 0,
    );
    expect(asked.length).toBeGreaterThan(10);
    for (const { item, platform, requested: place } of asked)
      expect(`${item.name} ${place.url}`).toBe(`${item.name} ${files[item.name]?.[platform.arch]}`);
  },
);

/** Variables with which every file and every image lies where no origin has it: `FILES_REPO/NAME/ARCH`, `REGISTRY/calico-node`. */
function flatMirror(tag: string, { required }: ReturnType<typeof planCheckout>): Record<string, string> {
  const templar = required?.downloads[0]?.templar;
  const names = checkoutOf(tag).defaults.flatMap((source) =>
    [...source].flatMap(([name, { value }]) => (typeof value === "string" && value.includes("{{") ? [name] : [])),
  );
  const flattened = (name: string): string =>
    String(templar?.variable(name))
      .replace(/^[^/]+\//, "")
      .replaceAll("/", "-");
  return {
    files_repo: "http://10.1.2.3/files",
    registry_host: "harbor.site.com/kube",
    ...Object.fromEntries(
      names.flatMap((name) => {
        if (name.endsWith("_download_url")) return [[name, `{{ files_repo }}/${name}/{{ image_arch }}`]];
        return name.endsWith("_image_repo") ? [[name, `{{ registry_host }}/${flattened(name)}`]] : [];
      }),
    ),
  };
}

const tags = clone === undefined ? [] : catalog.releases.map((version) => `v${version}`);

test.each(tags)("%s: a mirror whose paths are not the origins' is planned from the origins, too", (tag) => {
  const all = { helm_enabled: true, metrics_server_enabled: true, cert_manager_enabled: true };
  const plain = clusterOf(tag, all);
  const moved = clusterOf(tag, { ...all, ...flatMirror(tag, plain) });
  expect(moved.plan.artifacts).toEqual(plain.plan.artifacts);
  const places = (moved.required?.downloads ?? []).filter(({ hosts }) => hosts.length > 0);
  // kubeadm's images are named by kube_image_repo alone.
  const unmoved = places.filter(({ place }) => place !== "mirror").map(({ item }) => item.name);
  expect(unmoved.filter((name) => !name.startsWith("kubeadm_"))).toEqual([]);
  expect(places.length).toBeGreaterThan(20);
});

/** What must be the same on both roads: everything but who says it. */
const bare = (plan: Plan): unknown => ({
  kubernetes: plan.kubernetes,
  artifacts: plan.artifacts.map(({ provenance: _, ...artifact }) => artifact),
  unavailable: plan.unavailable.map(({ name, platform, locator }) => `${name} ${platform} ${locator}`).sort(),
});

test.each(clone === undefined ? [] : catalog.releases.map((version) => ({ version })))(
  "$version: one answer from two roads",
  ({ version }) => {
    const { plan } = planCheckout(checkoutOf(`v${version}`), catalog, {
      platforms,
      selection: {},
      unavailable: "include",
    });
    const embedded = planFor({ release: version, unavailable: "include" });
    const words = (text: string): string => text.replaceAll(plan.release.version, version);
    expect(JSON.parse(words(JSON.stringify(bare(plan))))).toEqual(JSON.parse(JSON.stringify(bare(embedded))));
  },
);

interface OutsideDownloads {
  readonly downloads_from_outside_the_download_role: readonly {
    readonly file: string;
    readonly download: string | null;
  }[];
}

/** etcd's own download of 2.22 is tagged `never`. */
const notReached = /^roles\/etcd\/tasks\/install_host\.yml$/;

test.each(clone === undefined ? [] : listed("facts").map((name) => name.replace(".json", "")))(
  "%s: every task of other roles that fetches an item is found by reading the playbooks, and by the plays that are assumed without them",
  (tag) => {
    const facts = JSON.parse(readFileSync(join(truth, "facts", `${tag}.json`), "utf8")) as OutsideDownloads;
    const expected = facts.downloads_from_outside_the_download_role.map(({ file }) => file);
    const checkout = checkoutOf(tag);
    const without = temporary();
    cpSync(join(folder.path, tag, "roles"), join(without.path, "roles"), { recursive: true });
    const filesOf = ({ fetchTasks }: ReturnType<typeof readPlaybooks>): string[] =>
      [...new Set(fetchTasks.map(fileOf))].sort();
    const found = filesOf(checkout.playbooks());
    expect([...new Set(expected)].filter((file) => !found.includes(file) && !notReached.test(file))).toEqual([]);
    expect(filesOf(readPlaybooks(openFolder(without.path)))).toEqual(found);
    without[Symbol.dispose]();
  },
);
