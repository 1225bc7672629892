// The items of `downloads` in checkouts of both layouts, evaluated for a made-up host in every group.
import { expect, test } from "bun:test";
import { hostTemplar } from "../../src/ansible/host-variables.ts";
import type { PythonValue } from "../../src/ansible/jinja/values.ts";
import { anyHost } from "../../src/kubespray/any-host.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { type DownloadItem, evaluateItems } from "../../src/kubespray/items.ts";
import { modern, old, plant, sums, type Tree } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

/** The items of a checkout by name, with further variables from an inventory. */
function itemsOf(
  tree: Tree,
  variables: Record<string, PythonValue> = {},
  machine = "x86_64",
): ReadonlyMap<string, DownloadItem> {
  using folder = temporary();
  const checkout = openCheckout(plant(folder.path, tree));
  const source = new Map(Object.entries(variables).map(([name, value]) => [name, { value, from: "test" }]));
  const items = evaluateItems(checkout, hostTemplar(checkout, { ...anyHost([source]), machine }));
  return new Map(items.map((item) => [item.name, item]));
}

/** The tree with a text in one file replaced. */
const changed = (tree: Tree, path: string, from: string, to: string): Tree => {
  const text = tree[path] ?? "";
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  return { ...tree, [path]: text.replace(from, to) };
};
const defaults = "roles/kubespray_defaults/defaults/main/download.yml";

test.each([
  ["2.28 and later", modern],
  ["2.22", old],
])("the items of a checkout in the layout of %s", (_, tree) => {
  const items = itemsOf(tree);
  expect([...items.keys()]).toEqual([
    ...["etcd", "kubelet", "helm", "gvisor_runsc", "calico_node", "pod_infra"],
    ...["kubeadm_kube-apiserver", "kubeadm_kube-controller-manager", "kubeadm_kube-scheduler", "kubeadm_kube-proxy"],
  ]);
  expect(items.get("kubelet")).toMatchObject({
    kind: "file",
    enabled: true,
    required: true,
    url: "https://dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubelet",
    digest: `sha256:${sums.amd64}`,
    dest: "/tmp/releases/kubelet-1.35.4-amd64",
    groups: ["k8s_cluster"],
    cause: "always",
    broken: [],
  });
  expect(items.get("etcd")).toMatchObject({ kind: "file", digest: `sha256:${sums.amd64}`, version: "3.6.10" });
  expect(items.get("calico_node")).toMatchObject({
    kind: "image",
    required: true,
    repo: "quay.io/calico/node",
    tag: "v3.31.5",
    digest: undefined,
    cause: "kube_network_plugin = calico",
  });
  expect(items.get("helm")).toMatchObject({ enabled: false, required: false, cause: "helm_enabled = False" });
  expect(items.get("gvisor_runsc")?.digest).toBe(`sha512:${sums.sha512}`);
  expect(items.get("kubeadm_kube-proxy")).toMatchObject({ repo: "registry.k8s.io/kube-proxy", tag: "v1.35.4" });
});

test("the other architecture: another URL, another digest, or none where none is published", () => {
  const items = itemsOf(modern, { helm_enabled: true, gvisor_enabled: true }, "aarch64");
  expect(items.get("kubelet")).toMatchObject({
    digest: `sha256:${sums.arm64}`,
    dest: "/tmp/releases/kubelet-1.35.4-arm64",
  });
  expect(items.get("helm")).toMatchObject({ required: true, digest: undefined, checksum: "0" });
  expect(items.get("gvisor_runsc")?.url).toEndWith("/20260323/aarch64/runsc");
});

test("an inventory overrides defaults and not role vars; another Kubernetes version moves what follows it", () => {
  const overrides = { kube_version: "1.34.7", kube_network_plugin: "cilium", etcd_supported_versions: "mine" };
  const items = itemsOf(modern, overrides);
  expect(items.get("etcd")?.url).toContain("v3.5.29");
  expect(items.get("pod_infra")?.tag).toBe("3.10");
  expect(items.get("calico_node")).toMatchObject({ enabled: false, cause: "kube_network_plugin = cilium" });
  // Before 2.28 the maps were defaults: there the inventory has its way, and breaks what rests on it.
  expect(itemsOf(old, overrides).get("etcd")?.broken[0]?.field).toBe("version");
});

test("where a file lands and whose it is there do not matter: no field but those that say what is fetched can break an item", () => {
  const text = modern[defaults] ?? "";
  const facts = { local_release_dir: "{{ ansible_env.HOME }}/releases" };
  const onlyVersion = {
    ...modern,
    [defaults]: text.replace('version: "{{ helm_version }}"', 'version: "{{ nobody }}"'),
  };
  expect(itemsOf(onlyVersion, { helm_enabled: true }).get("helm")?.broken).toEqual([]);
  expect([...itemsOf(modern, facts).values()].flatMap(({ broken }) => broken)).toEqual([]);
  const tree = { ...modern, [defaults]: text.replaceAll("owner: root", 'owner: "{{ nobody }}"') };
  expect(itemsOf(tree).get("etcd")).toMatchObject({
    broken: [],
    required: true,
    dest: "/tmp/releases/etcd-3.6.10-linux-amd64.tar.gz",
  });
  const broken = { ...modern, [defaults]: text.replaceAll("enabled: true", 'enabled: "{{ nobody }}"') };
  expect(
    itemsOf(broken)
      .get("kubelet")
      ?.broken.map(({ field }) => field),
  ).toEqual(["enabled"]);
});

test("etcd as a container: an image, and one more for kubeadm", () => {
  const items = itemsOf(modern, { etcd_deployment_type: "kubeadm" });
  expect(items.get("etcd")).toMatchObject({ kind: "image", digest: undefined, checksum: "" });
  expect(items.get("kubeadm_etcd")).toMatchObject({ repo: "quay.io/coreos/etcd", tag: "v3.6.10" });
});

test("a set_fact of the defaults role counts where its condition holds", () => {
  const path = "roles/kubespray-defaults/tasks/main.yaml";
  const tree = {
    ...old,
    [path]: `---
- name: Set etcd_deployment_type to kubeadm
  set_fact:
    etcd_deployment_type: kubeadm
  when:
    - etcd_kubeadm_enabled is defined and etcd_kubeadm_enabled
`,
  };
  expect(itemsOf(tree).get("etcd")?.kind).toBe("file");
  expect(itemsOf(tree, { etcd_kubeadm_enabled: true }).get("etcd")?.kind).toBe("image");
});

test("a configuration for kubeadm that cannot be evaluated as a whole still names its images", () => {
  const path = "roles/download/templates/kubeadm-images.yaml.j2";
  const tree = changed(modern, path, "https://10.0.0.1:2379", "{{ etcd_access_addresses }}");
  const moved = changed(tree, path, "{{ kube_image_repo }}", "{{ kubeadm_image_repo }}");
  expect(itemsOf(moved, { kubeadm_image_repo: "mine.example" }).get("kubeadm_kube-proxy")).toMatchObject({
    repo: "mine.example/kube-proxy",
    tag: "v1.35.4",
    broken: [],
  });
});

test("the download role's conditions decide: containers, the delegate, and what a branch has written there", () => {
  const without = itemsOf(modern, { download_container: false });
  expect([without.get("pod_infra")?.required, without.get("kubelet")?.required]).toEqual([false, true]);
  expect(itemsOf(modern, { skip_downloads: true }).get("kubelet")?.required).toBeFalse();
  const branch = changed(modern, "roles/download/tasks/main.yml", "- item.value.enabled", "- item.key != 'kubelet'");
  expect(itemsOf(branch).get("kubelet")?.required).toBeFalse();
  expect(itemsOf(branch).get("pod_infra")?.required).toBeTrue();
});

test("an item that cannot be evaluated is named with its expression and leaves the others alone", () => {
  const tree = changed(modern, defaults, 'helm_version: "3.18.4"', 'helm_version: "{{ helm_pinned_version }}"');
  const items = itemsOf(tree, { helm_enabled: true });
  const helm = items.get("helm");
  expect(helm?.broken.map(({ field }) => field)).toContain("url");
  expect(helm?.broken.find(({ field }) => field === "url")).toEqual({
    field: "url",
    expression: "{{ helm_download_url }}",
    reason: "helm_download_url: helm_version: 'helm_pinned_version' is undefined",
  });
  expect(items.get("kubelet")?.broken).toEqual([]);
});

test("a value in which something undefined was printed is none, though Ansible would ask for it", () => {
  const tree = changed(modern, defaults, 'helm_version: "3.18.4"', `helm_version: "{{ 'v' ~ ['x', nobody] }}"`);
  const broken = itemsOf(tree, { helm_enabled: true }).get("helm")?.broken ?? [];
  expect(broken.find(({ field }) => field === "url")?.reason).toContain("AnsibleUndefined('nobody' is undefined");
});

test("an unknown filter, a refused lookup and a broken template are named the same way", () => {
  for (const [value, word] of [
    ["{{ 'x' | password_hash }}", 'the filter "password_hash" is not supported'],
    ["{{ lookup('pipe', 'id') }}", 'lookup("pipe") is refused'],
    ["{{ 'x' ", "it is no valid template"],
  ] as const) {
    const helm = itemsOf(changed(modern, defaults, '"3.18.4"', JSON.stringify(value)), { helm_enabled: true }).get(
      "helm",
    );
    expect(helm?.broken[0]?.reason).toContain(word);
  }
});

const pin = "d".repeat(64);
test.each([
  [
    "a tag with a digest",
    { calico_node_image_tag: `v3@sha256:${pin}` },
    ["quay.io/calico/node", "v3", `sha256:${pin}`],
  ],
  [
    "a digest alone, of which the tag is the end",
    { calico_node_image_repo: "quay.io/calico/node@sha256", calico_node_image_tag: pin },
    ["quay.io/calico/node", undefined, `sha256:${pin}`],
  ],
  [
    "kubespray's own variable",
    { calico_node_digest_checksum: pin },
    ["quay.io/calico/node", "v3.31.5", `sha256:${pin}`],
  ],
  ["what is no digest", { calico_node_image_tag: "v3@sha256:1" }, ["quay.io/calico/node", "v3@sha256:1", undefined]],
])("an image is pinned by %s", (_, variables, expected) => {
  const tree = changed(
    modern,
    defaults,
    'tag: "{{ calico_node_image_tag }}"',
    'tag: "{{ calico_node_image_tag }}"\n    checksum: "{{ calico_node_digest_checksum | default(None) }}"',
  );
  const { repo, tag, digest, broken } = itemsOf(tree, variables).get("calico_node") as DownloadItem;
  expect([repo, tag, digest]).toEqual(expected as [string, string, `sha256:${string}`]);
  expect(broken).toEqual([]);
  expect(itemsOf(tree, { calico_node_digest_checksum: "12" }).get("calico_node")?.broken).toMatchObject([
    { field: "checksum", expression: "12" },
  ]);
});
