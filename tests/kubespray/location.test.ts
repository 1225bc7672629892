// Whose an inventory's address is: a mirror's, of which the origin is planned, or one of its own choice, which stays.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import { Dict } from "../../src/ansible/jinja/values.ts";
import { variableSource } from "../../src/ansible/variables.ts";
import { type Plan, sourceOf } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { HostEvaluations } from "../../src/kubespray/host-evaluations.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { planCheckout } from "../../src/kubespray/plan.ts";
import { fetchTask, mixedCluster, modern, old, plant, sums, type Tree } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

function planOf(variables: string, tree: Tree = modern): Plan {
  using folder = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), tree));
  const site = plant(join(folder.path, "inventory"), {
    "inventory.ini": mixedCluster,
    "group_vars/all.yml": variables,
  });
  const inventory = openClusterInventory({ ...noInventory, inventories: [join(site, "inventory.ini")] }, checkout);
  return planCheckout(checkout, catalog, { platforms, selection: {}, unavailable: "exclude", inventory }).plan;
}

const sourcesOf = ({ artifacts }: Plan, name: string): string[] =>
  artifacts.filter((artifact) => artifact.name === name).map(sourceOf);

const kubelets = ["amd64", "arm64"].map((arch) => `https://dl.k8s.io/release/v1.35.4/bin/linux/${arch}/kubelet`);
const calico = ["quay.io/calico/node:v3.31.5"];

test.each([
  ["an address", "kubelet_download_url: http://10.1.2.3/kubernetes/v{{ kube_version }}/{{ image_arch }}/kubelet"],
  ["an IPv6 address", 'kubelet_download_url: "http://[fd00::1]:8080/{{ image_arch }}/kubelet"'],
  ["a name without a dot", "kubelet_download_url: http://mirror:8080/{{ image_arch }}/kubelet"],
  ["a name of the site", "kubelet_download_url: https://user:word@files.corp/{{ image_arch }}/kubelet"],
  [
    "files_repo",
    'files_repo: https://files.site.com/x\nkubelet_download_url: "{{ files_repo }}/{{ image_arch }}/kubelet"',
  ],
  [
    "another location variable",
    'github_url: https://files.site.com/github\nkubelet_download_url: "{{ github_url }}/../kubelet-{{ image_arch }}"',
  ],
  ["the path of the origin at a public mirror", "dl_k8s_io_url: https://files.m.daocloud.io/dl.k8s.io"],
])("a file of the release at %s comes from its origin", (_, variables) => {
  const plan = planOf(variables);
  expect(sourcesOf(plan, "kubelet")).toEqual(kubelets);
  expect(plan.notes).toEqual([expect.stringContaining("they are planned from their origin")]);
});

test.each([
  [
    "another public host",
    "kubelet_download_url: https://mirror.site.com/{{ image_arch }}/kubelet",
    "https://mirror.site.com/amd64/kubelet",
  ],
  [
    "the release's other origin",
    'kubelet_download_url: "{{ github_url }}/fork/kubelet-{{ image_arch }}"',
    "https://github.com/fork/kubelet-amd64",
  ],
])("a file at %s stays there, and a note names it", (_, variables, url) => {
  const plan = planOf(variables);
  expect(sourcesOf(plan, "kubelet")).toContain(url);
  expect(plan.notes).toEqual([
    expect.stringMatching(new RegExp(`the inventory's own address, .*: kubelet \\(${url}\\)`)),
  ]);
});

test("a name and a password in an inventory's URL stand in no plan and in no message", () => {
  const plan = planOf('kubelet_download_url: "https://user:s3cret@mirror.site.com/{{ image_arch }}/kubelet"\n');
  expect(sourcesOf(plan, "kubelet")).toContain("https://mirror.site.com/amd64/kubelet");
  expect(plan.notes.join()).toContain("kubelet (https://mirror.site.com/amd64/kubelet)");
  const mirrored = planOf("dl_k8s_io_url: https://user:s3cret@mirror.site.com/dl.k8s.io\n");
  expect(mirrored.notes.join()).toContain("--mirror dl.k8s.io=https://mirror.site.com/dl.k8s.io");
  expect(JSON.stringify([plan, mirrored])).not.toContain("s3cret");
});

test("a build of one's own, with a digest that the release does not publish, stays at the site", () => {
  const digest = `sha256:${"d".repeat(64)}`;
  const own = `helm_enabled: true
helm_download_url: "http://10.1.2.3/helm"
helm_archive_checksums: { amd64: { 3.18.4: "${digest}" } }
`;
  const plan = planOf(own, old);
  expect(plan.artifacts.find(({ name }) => name === "helm")).toMatchObject({ url: "http://10.1.2.3/helm", digest });
  expect(planOf(own.replace(digest, `sha256:${sums.amd64}`), old).artifacts).toContainEqual(
    expect.objectContaining({ name: "helm", url: "https://get.helm.sh/helm-v3.18.4-linux-amd64.tar.gz" }),
  );
});

test("another version, of which the release publishes the digest, comes from the origin in that version", () => {
  const plan = planOf('kube_version: 1.34.7\nkubelet_download_url: "http://10.1.2.3/{{ image_arch }}/kubelet"\n');
  expect(sourcesOf(plan, "kubelet")).toEqual(kubelets.map((url) => url.replace("1.35.4", "1.34.7")));
});

test.each([
  ["flattened", "10.1.2.3:35000/calico-node"],
  ["below a project", "10.1.2.3:35000/mirror/quay/calico/node"],
  ["by its last word", "harbor.lan/library/node"],
  ["at a public mirror", "quay.m.daocloud.io/calico/node"],
])("an image of the release %s comes from its origin", (_, repo) => {
  expect(sourcesOf(planOf(`calico_node_image_repo: ${repo}\n`), "calico_node")).toEqual(calico);
});

test.each([
  ["of another name", "calico_node_image_repo: 10.1.2.3:35000/team/patched"],
  [
    "of another tag and another path",
    "calico_node_image_repo: harbor.lan/team/node\ncalico_node_image_tag: v3.31.5-team",
  ],
  ["at another public registry", "calico_node_image_repo: docker.io/team/calico-node"],
  [
    "at another public registry that is an origin",
    'quay_image_repo: docker.io\ncalico_node_image_repo: "{{ quay_image_repo }}/team/node"',
  ],
])("an image %s stays where the inventory has it, and a note names it", (_, variables) => {
  const plan = planOf(variables);
  const [source = ""] = sourcesOf(plan, "calico_node");
  expect(source).not.toStartWith("quay.io/");
  expect(plan.notes.join("\n")).toContain(`calico_node (${source})`);
});

test("the note names the flags that fetch from public mirrors, and no private one", () => {
  const { notes } = planOf(`
quay_image_repo: m.daocloud.io/quay.io
kube_image_repo: 10.1.2.3:5000
dl_k8s_io_url: https://files.m.daocloud.io/dl.k8s.io
`);
  expect(notes).toEqual([
    "the inventory asks a mirror for 1 file and 6 images; they are planned from their origin; to fetch from the public mirrors that it names: --mirror dl.k8s.io=https://files.m.daocloud.io/dl.k8s.io --mirror quay.io=https://m.daocloud.io/quay.io",
  ]);
});

test("the file that a role fetches of what is an image for the download role comes from its origin too", () => {
  const tree = { ...modern, "roles/kubernetes/control-plane/tasks/main.yml": fetchTask("etcd") };
  const plan = planOf(
    "etcd_deployment_type: kubeadm\netcd_download_url: http://10.1.2.3/etcd-{{ image_arch }}.tgz\n",
    tree,
  );
  const [file] = sourcesOf(plan, "etcd");
  expect(file).toStartWith("https://github.com/etcd-io/etcd/releases/download/");
  expect(plan.notes).toEqual([expect.stringContaining("they are planned from their origin")]);
});

test("extra variables choose locations as an inventory does", () => {
  using folder = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), modern));
  const inventory = openClusterInventory(
    { ...noInventory, inventories: [plant(join(folder.path, "inventory"), { "inventory.ini": mixedCluster })] },
    checkout,
  );
  const evaluations = new HostEvaluations(checkout, inventory);
  const [platform] = platforms;
  const [host] = inventory.hosts;
  if (!host || !platform) throw new Error("no host");
  const extraVars = variableSource(new Dict([["kubelet_download_url", "http://10.1.2.3/kubelet"]]), "-e");
  evaluations.add(platform, { inventory, host, machine: platform.machine, extraVars });
  const kubelet = evaluations.of(platform)[0]?.items.find(({ item }) => item.name === "kubelet");
  expect(kubelet).toMatchObject({
    item: { url: kubelets[0] },
    requested: { url: "http://10.1.2.3/kubelet" },
    place: "mirror",
  });
});
