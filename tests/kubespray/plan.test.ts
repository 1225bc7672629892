// Plans from a checkout and an inventory: which artifacts, for which hosts, and why.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import { type Artifact, filesFor, type Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { type CheckoutPlanOptions, planCheckout } from "../../src/kubespray/plan.ts";
import { fetchTask, mixedCluster, modern, plant, sums, type Tree } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

/** The plan of a made-up checkout, for a made-up inventory where one is given. */
function planOf(inventory: Tree | undefined, options: Partial<CheckoutPlanOptions> = {}, tree: Tree = modern): Plan {
  using folder = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), tree));
  const files = inventory && { "inventory.ini": mixedCluster, ...inventory };
  return planCheckout(checkout, catalog, {
    platforms,
    selection: {},
    unavailable: "exclude",
    ...options,
    ...(files && {
      inventory: openClusterInventory(
        { ...noInventory, inventories: [join(plant(join(folder.path, "inventory"), files), "inventory.ini")] },
        checkout,
      ),
    }),
  }).plan;
}
const named = ({ artifacts }: Plan, name: string): Artifact[] => artifacts.filter((artifact) => artifact.name === name);
const inside = ({ artifacts }: Plan): string[] =>
  artifacts.map(
    ({ name, kind, platforms: on }) => `${kind} ${name} ${on.map((platform) => platform.slice(6)).join("+")}`,
  );

test("without an inventory: all that the checkout lists, files and images of an item alike", () => {
  const plan = planOf(undefined, { unavailable: "include" });
  expect(plan.release).toEqual({
    name: "kubespray-9.1.0",
    version: "9.1.0",
    commit: "unknown",
    // No other kso knows this release.
    origins: {
      dl_k8s_io_url: "https://dl.k8s.io",
      docker_image_repo: "docker.io",
      github_url: "https://github.com",
      gvisor_runsc_download_url:
        "https://storage.googleapis.com/gvisor/releases/release/{{ gvisor_version | regex_replace('\\.0$', '') }}/{{ ansible_architecture }}/runsc",
      helm_download_url: "https://get.helm.sh/helm-v{{ helm_version }}-linux-{{ image_arch }}.tar.gz",
      kube_image_repo: "registry.k8s.io",
      quay_image_repo: "quay.io",
    },
  });
  expect(plan.kubernetes).toBe("1.35.4");
  expect(inside(plan)).toEqual([
    ...["file kubelet amd64", "file kubelet arm64", "file etcd amd64", "file etcd arm64"],
    ...["file helm amd64", "file helm arm64", "file gvisor_runsc amd64", "file gvisor_runsc arm64"],
    ...["image etcd amd64+arm64", "image calico_node amd64+arm64", "image pod_infra amd64+arm64"],
    ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
      (name) => `image ${name} amd64+arm64`,
    ),
  ]);
  expect(plan.unavailable).toMatchObject([
    { name: "helm", platform: "linux/arm64", reason: expect.stringContaining("no digest") },
  ]);
  // It is a file for this cluster, and the file's digest is not the image's.
  expect(named(plan, "etcd").find(({ kind }) => kind === "image")).not.toHaveProperty("digest");
  expect(named(plan, "kubelet")[0]).toMatchObject({
    component: "kubernetes",
    version: "1.35.4",
    digest: `sha256:${sums.amd64}`,
    listed: true,
    reason: "listed by kubespray 9.1.0",
    path: "dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubelet",
  });
});

test("with an inventory: what its hosts require, on the architecture that they have, and why", () => {
  const plan = planOf({ "group_vars/k8s_cluster/addons.yml": "helm_enabled: true\n" });
  expect(inside(plan)).toEqual([
    ...["file kubelet amd64", "file kubelet arm64", "file etcd amd64", "file helm amd64"],
    ...["image calico_node amd64+arm64", "image pod_infra amd64+arm64"],
    ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
      (name) => `image ${name} amd64+arm64`,
    ),
  ]);
  expect(named(plan, "calico_node")[0]?.reason).toBe(
    "enabled: kube_network_plugin = calico, group k8s_cluster, 5 hosts",
  );
  expect(named(plan, "helm")[0]?.reason).toBe("enabled: helm_enabled = True, group kube_control_plane, 3 hosts");
  expect(named(plan, "etcd")[0]?.reason).toBe("enabled: always, group etcd, 3 hosts");
  // An inventory asks for all of it: nothing of that goes without an architecture unless somebody says so.
  for (const { included, requested } of plan.components) expect(requested === true).toBe(included);
  expect(plan.components.find(({ component }) => component === "gvisor")).toMatchObject({
    included: false,
    reason: "not wanted: gvisor_enabled = False",
  });
  expect(plan.notes).toEqual([]);
});

test("variables decide by host: for all hosts, for a group, or for a single one", () => {
  const cilium = planOf({ "group_vars/all.yml": "kube_network_plugin: cilium\n" });
  expect(named(cilium, "calico_node")).toEqual([]);
  expect(named(cilium, "cilium_operator_generic")).toEqual([]);
  const gvisor = planOf({ "group_vars/kube_node.yml": "gvisor_enabled: true\n" });
  expect(named(gvisor, "gvisor_runsc")).toMatchObject([
    { platforms: ["linux/arm64"], reason: "enabled: gvisor_enabled = True, group kube_node, 2 hosts" },
  ]);
  const mixed = planOf({ "host_vars/w1.yml": 'kube_version: "1.34.7"\n' });
  expect(named(mixed, "kubelet").map(({ version, platforms: on }) => `${version} ${on}`)).toEqual([
    "1.35.4 linux/amd64",
    "1.34.7 linux/arm64",
    "1.35.4 linux/arm64",
  ]);
});

test("what roles use beyond `downloads` comes in when its variable says so", () => {
  const role = "roles/kubernetes-apps/node_feature_discovery/defaults/main.yml";
  const tree = {
    ...modern,
    [role]: 'node_feature_discovery_enabled: false\nnode_feature_discovery_image_tag: "v0.16.4"\n',
  };
  expect(named(planOf({}, {}, tree), "node_feature_discovery")).toEqual([]);
  const plan = planOf({ "group_vars/all.yml": "node_feature_discovery_enabled: true\n" }, {}, tree);
  expect(named(plan, "node_feature_discovery")).toMatchObject([
    {
      image: "registry.k8s.io/nfd/node-feature-discovery:v0.16.4",
      reason: "enabled: node_feature_discovery_enabled = True",
    },
  ]);
});

test("whether a component is wanted that only its role knows, and nobody can tell: it is unresolved and not left out in silence", () => {
  const role = {
    ...modern,
    "roles/kubernetes-apps/csi_driver/vsphere/defaults/main.yml": `vsphere_csi_enabled: false
external_vsphere_version: "7.0"
${["attacher", "driver", "liveness_probe", "node_driver_registrar", "provisioner", "snapshotter"].map((one) => `vsphere_csi_${one}_image_tag: v1\n`).join("")}vsphere_csi_resizer_tag: v1
vsphere_syncer_image_tag: v1
`,
  };
  const names = (variables: string): unknown[] => {
    const plan = planOf({ "group_vars/all.yml": variables }, {}, role);
    return [named(plan, "vsphere_csi_driver").length, plan.unresolved.map(({ name, reason }) => `${name}: ${reason}`)];
  };
  expect(names("vsphere_csi_enabled: true\n")).toEqual([1, []]);
  expect(names("{}\n")).toEqual([0, []]);
  for (const value of ["{{ nobody }}", "{{ ansible_local.vsphere }}", "{{ 1 | nofilter }}"]) {
    const [planned, unresolved] = names(`vsphere_csi_enabled: "${value}"\n`);
    expect(planned).toBe(0);
    expect(unresolved).toContainEqual(expect.stringContaining("vsphere_csi_driver: vsphere_csi_enabled: "));
  }
});

test("what a chart starts is planned though its item of `downloads` is not enabled, unless the chart's values say otherwise", () => {
  const path = "roles/kubespray_defaults/defaults/main/download.yml";
  const text = modern[path] ?? "";
  const pins = ["version", "cli_version", "image_tag", "operator_image_tag", "hubble_envoy_image_tag"];
  const cilium = `${pins.map((pin) => `cilium_${pin}: "1.18.6"\n`).join("")}cilium_enable_hubble: false
downloads:
  cilium_hubble_envoy:
    enabled: "{{ cilium_enable_hubble }}"
    container: true
    repo: "{{ quay_image_repo }}/cilium/cilium-envoy"
    tag: "{{ cilium_hubble_envoy_image_tag }}"
    groups:
    - k8s_cluster
`;
  const tree = { ...modern, [path]: text.replace("downloads:\n", cilium) };
  const envoy = (variables: string): unknown[] =>
    named(planOf({ "group_vars/all.yml": variables }, {}, tree), "cilium_hubble_envoy");
  expect(envoy("kube_network_plugin: cilium\n")).toMatchObject([
    {
      image: "quay.io/cilium/cilium-envoy:1.18.6",
      platforms: ["linux/amd64", "linux/arm64"],
      reason: expect.stringContaining("kube_network_plugin = cilium"),
    },
  ]);
  expect(envoy("cilium_deploy_additionally: true\n")).toHaveLength(1);
  expect(envoy("kube_network_plugin: calico\n")).toEqual([]);
  const without = "kube_network_plugin: cilium\ncilium_extra_values: ";
  expect(envoy(`${without}{l7Proxy: false}\n`)).toEqual([]);
  expect(envoy(`${without}{envoy: {enabled: false}}\n`)).toEqual([]);
  expect(envoy(`${without}{envoy: {enabled: true}}\n`)).toHaveLength(1);
});

test("what an engine's role fetches is planned though its item is not enabled, and etcd's tools though etcd is a container", () => {
  const tree = {
    ...modern,
    "roles/container-engine/meta/main.yml": `dependencies:
  - {role: container-engine/cri-o, when: container_manager == 'crio'}
  - {role: container-engine/containerd, when: container_manager == 'containerd'}
`,
    "roles/container-engine/cri-o/meta/main.yml": "dependencies:\n  - role: container-engine/gvisor\n",
    "roles/container-engine/gvisor/tasks/main.yml": fetchTask("gvisor_runsc"),
    "roles/container-engine/containerd/tasks/main.yml": fetchTask("helm"),
    "roles/kubernetes/control-plane/tasks/main.yml": `- import_role: {name: etcdctl_etcdutl}
  when: etcd_deployment_type == 'kubeadm'
`,
    "roles/etcdctl_etcdutl/tasks/main.yml": fetchTask("etcd"),
  };
  const plan = planOf({ "group_vars/all.yml": "container_manager: crio\netcd_deployment_type: kubeadm\n" }, {}, tree);
  expect(named(plan, "gvisor_runsc").map(({ reason }) => reason)).toEqual([
    "fetched by the role container-engine/gvisor, 5 hosts",
    "fetched by the role container-engine/gvisor, 5 hosts",
  ]);
  expect(named(plan, "etcd")).toMatchObject([
    { kind: "file", digest: `sha256:${sums.amd64}`, reason: "fetched by the role etcdctl_etcdutl, 3 hosts" },
    { kind: "image" },
  ]);
});

test("an inventory that points at a mirror is planned from the origin, and says so", () => {
  const offline = `files_repo: http://10.0.0.5:8080/k8s
registry_host: 10.0.0.5:5000
kube_image_repo: "{{ registry_host }}"
quay_image_repo: "{{ registry_host }}"
github_url: "{{ files_repo }}/github.com"
dl_k8s_io_url: "{{ files_repo }}/dl.k8s.io"
`;
  const plan = planOf({ "group_vars/all/offline.yml": offline });
  expect(filesFor(plan, "linux/amd64").map(({ url }) => new URL(url).host)).toEqual(["dl.k8s.io", "github.com"]);
  expect(named(plan, "pod_infra")).toMatchObject([{ image: "registry.k8s.io/pause:3.10.1" }]);
  expect(plan.notes).toEqual([expect.stringContaining("asks a mirror for 2 files and 6 images")]);
  const patched = planOf({ "group_vars/all.yml": 'calico_node_image_repo: "own.example/patched/calico"\n' });
  expect(named(patched, "calico_node")).toMatchObject([{ image: "own.example/patched/calico:v3.31.5" }]);
});

test("a host of unknown architecture is planned for each; one of an unsupported architecture is left out by name", () => {
  const plan = planOf({
    "inventory.ini": mixedCluster.replace(" host_architecture=arm64", "").replace("x86_64", "ppc64le"),
  });
  expect(named(plan, "kubelet").map(({ platforms: on }) => on)).toEqual([["linux/amd64"], ["linux/arm64"]]);
  expect(plan.notes.join("\n")).toContain("which architecture w1, w2 has");
  expect(plan.notes.join("\n")).toContain('cp1, cp2, cp3 are left out: Unknown architecture "ppc64le"');
  const amd64 = planOf({}, { platforms: platforms.slice(0, 1) });
  expect(amd64.artifacts.every(({ platforms: on }) => on.join() === "linux/amd64")).toBeTrue();
  expect(amd64.notes).toContain("w1, w2 are arm64, which was not asked for");
});

test("flags narrow what the inventory requires, and add to it by name", () => {
  expect(inside(planOf({}, { selection: { only: ["etcd"] } }))).toEqual(["file etcd amd64"]);
  const withGvisor = planOf({}, { selection: { with: ["gvisor"] } });
  expect(named(withGvisor, "gvisor_runsc").map(({ reason }) => reason)).toEqual([
    "named by --with gvisor",
    "named by --with gvisor",
  ]);
});

test.each([
  ["1.29.5", 'kube_version is "1.29.5", and this release has checksums for "1.34.7" to "1.35.4" only'],
  ["v1.35.4", 'kube_version is "v1.35.4", and this release spells it "1.35.4"'],
  ["1.34.7", undefined],
])("kube_version %s in an inventory: a note says what the release has instead", (version, note) => {
  const plan = planOf({ "group_vars/all.yml": `kube_version: "${version}"\n` });
  expect(plan.notes.find((text) => text.startsWith("kube_version"))).toBe(note);
  // What follows from it is unresolved, and not unavailable as well.
  expect(plan.unresolved.some(({ name }) => name === "kubelet")).toBe(note !== undefined);
  expect(plan.unavailable).toEqual([]);
});

test("--kube moves the whole plan; a version without checksums is refused with what there is", () => {
  const plan = planOf({}, { kubernetes: "1.34" });
  expect(plan.kubernetes).toBe("1.34.7");
  expect(named(plan, "etcd")[0]?.version).toBe("3.5.29");
  expect(() => planOf({}, { kubernetes: "1.99" })).toThrow("it has checksums for 1.35.4, 1.34.7");
});

test("an item that cannot be evaluated is unresolved, once, with its expression; the others are planned", () => {
  const broken = { "group_vars/all.yml": 'helm_enabled: true\nhelm_version: "{{ nobody }}"\n' };
  const plan = planOf(broken);
  expect(named(plan, "kubelet")).toHaveLength(2);
  expect(plan.unavailable).toEqual([]);
  expect(plan.unresolved).toEqual([
    {
      kind: "file",
      name: "helm",
      component: "helm",
      platforms: ["linux/amd64"],
      field: "version",
      expression: "{{ helm_version }}",
      reason: expect.stringMatching(/^helm_version: 'nobody' is undefined, in .*group_vars\/all\.yml$/),
      hosts: ["cp1", "cp2", "cp3"],
    },
  ]);
  // Said once: no note repeats it.
  expect(plan.notes.join("\n")).not.toContain("helm");
});

test("a fact that only a run has leaves an item unresolved", () => {
  const fact = { "group_vars/all.yml": 'helm_enabled: true\nhelm_version: "{{ ansible_local.helm }}"\n' };
  const plan = planOf(fact);
  expect(plan.unresolved.map(({ name }) => name)).toEqual(["helm"]);
  expect(plan.notes.join("\n")).not.toContain("helm");
});

test("an encrypted value that matters is named, and an encrypted file, since nobody knows what it wants", () => {
  const encrypted = "helm_enabled: true\nhelm_version: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n";
  const plan = planOf({
    "group_vars/all/a.yml": encrypted,
    "group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n61\n",
  });
  expect(plan.unresolved.map(({ reason }) => reason).join("\n")).toContain("encrypted with Ansible Vault");
  expect(plan.unresolved).toContainEqual(
    expect.objectContaining({ kind: "variables", name: "group_vars/all/vault.yml", platforms: [] }),
  );
});

test("an item with a malformed URL or image name is unresolved", () => {
  const plan = planOf({ "group_vars/all.yml": 'dl_k8s_io_url: "file:///etc"\ncalico_node_image_repo: "UPPER case"\n' });
  expect(named(plan, "kubelet")).toEqual([]);
  expect(plan.unresolved.map(({ name }) => name)).toEqual(expect.arrayContaining(["kubelet", "calico_node"]));
});

test("hosts that differ only in what no download reads count together; too many different hosts are refused", () => {
  const many = mixedCluster.replace("w[1:2] host_architecture=arm64", "w[1:900] host_architecture=arm64");
  const [kubelet] = named(planOf({ "inventory.ini": many }), "kubelet");
  expect(kubelet?.reason).toBe("enabled: always, group k8s_cluster, 903 hosts");
  const files = { "inventory.ini": many, "group_vars/all.yml": 'local_release_dir: "/tmp/{{ inventory_hostname }}"\n' };
  expect(() => planOf(files)).toThrow("its hosts differ in more than 500 ways");
});

test("an inventory without hosts in k8s_cluster or etcd is refused", () => {
  expect(() => planOf({ "inventory.ini": "[bastion]\nb\n" })).toThrow("no host is in k8s_cluster or etcd");
});

const pin = (digit: string): string => `sha256:${digit.repeat(64)}`;

test("images pinned by a digest are planned under their tags: items, and what only templates name", () => {
  const pins = [
    `calico_node_image_tag: v3.31.5@${pin("d")}`,
    "pod_infra_image_repo: registry.k8s.io/pause@sha256",
    `pod_infra_image_tag: ${"e".repeat(64)}`,
    "local_path_provisioner_enabled: true",
    `local_path_provisioner_helper_image_tag: 1.37.0@${pin("d")}`,
  ];
  const role = "roles/kubernetes-apps/external_provisioner/local_path_provisioner/defaults/main.yml";
  const tree = { ...modern, [role]: "---\nlocal_path_provisioner_helper_image_tag: latest\n" };
  const plan = planOf({ "group_vars/all.yml": `${pins.join("\n")}\n` }, {}, tree);
  expect(plan.unresolved).toEqual([]);
  expect(named(plan, "calico_node")).toMatchObject([
    { image: "quay.io/calico/node:v3.31.5", version: "v3.31.5", digest: pin("d") as `sha256:${string}` },
  ]);
  expect(named(plan, "pod_infra")).toMatchObject([
    { image: "registry.k8s.io/pause:digest-eeeeeeeeeeee", version: pin("e"), digest: pin("e") as `sha256:${string}` },
  ]);
  expect(named(plan, "local_path_provisioner_helper")).toMatchObject([
    { image: "docker.io/library/busybox:1.37.0", version: "1.37.0", digest: pin("d") as `sha256:${string}` },
  ]);
});

test("hosts that pin one image to several digests get all of them", () => {
  const plan = planOf({
    "host_vars/cp1.yml": `calico_node_image_tag: v3@${pin("d")}\n`,
    "host_vars/cp2.yml": `calico_node_image_tag: v3@${pin("e")}\n`,
  });
  expect(named(plan, "calico_node")).toMatchObject([
    { image: "quay.io/calico/node:v3", digest: pin("d") as `sha256:${string}` },
    { image: "quay.io/calico/node:digest-eeeeeeeeeeee", digest: pin("e") as `sha256:${string}` },
    { image: "quay.io/calico/node:v3.31.5" },
  ]);
  const byTag = planOf({
    "host_vars/cp1.yml": `calico_node_image_tag: v3.31.5@${pin("d")}\n`,
  });
  expect(named(byTag, "calico_node")).toMatchObject([
    { image: "quay.io/calico/node:digest-dddddddddddd", digest: pin("d") as `sha256:${string}` },
    { image: "quay.io/calico/node:v3.31.5" },
  ]);
});

test.each([
  ["coredns/coredns", "docker.io/coredns/coredns:v1"],
  ["nginx", "docker.io/library/nginx:v1"],
  ["docker.io/nginx", "docker.io/library/nginx:v1"],
  ["registry.site:5000/a/b", "registry.site:5000/a/b:v1"],
  ["[fd00::1]:5000/a", "[fd00::1]:5000/a:v1"],
])("a repository is completed as a container engine does it: %s", (repo, image) => {
  const plan = planOf({ "group_vars/all.yml": `calico_node_image_repo: "${repo}"\ncalico_node_image_tag: v1\n` });
  expect(named(plan, "calico_node")).toMatchObject([{ image }]);
});

test("a component that cannot be resolved can be named", () => {
  const broken = { "group_vars/all.yml": 'calico_node_image_repo: "{{ nobody }}/node"\n' };
  const only = planOf(broken, { selection: { only: ["calico"] } });
  expect(only.artifacts).toEqual([]);
  expect(only.unresolved.map(({ name }) => name)).toEqual(["calico_node"]);
  expect(planOf(broken, { selection: { without: ["calico"] } }).unresolved).toEqual([]);
  // Without an inventory, as with one.
  expect(
    planOf(undefined, {}, { ...modern, "roles/download/vars/main.yml": 'calico_node_image_repo: "{{ nobody }}"\n' })
      .unresolved,
  ).toMatchObject([{ kind: "image", name: "calico_node", field: "repo" }]);
});

test("what only templates name and cannot be evaluated is unresolved too, where the cluster wants it", () => {
  const role = "roles/kubernetes-apps/external_provisioner/local_path_provisioner/defaults/main.yml";
  const tree = { ...modern, [role]: "---\nlocal_path_provisioner_helper_image_tag: latest\n" };
  const unresolvedWith = (tag: string, enabled = true): Plan["unresolved"] =>
    planOf(
      {
        "inventory.ini":
          "[kube_control_plane]\ncp1 ansible_architecture=aarch64\n[k8s_cluster:children]\nkube_control_plane\n",
        "group_vars/all.yml": `local_path_provisioner_enabled: ${enabled}\nlocal_path_provisioner_helper_image_tag: ${tag}\n`,
      },
      {},
      tree,
    ).unresolved;
  expect(unresolvedWith('"{{ nobody }}"')).toEqual([
    {
      kind: "image",
      name: "local_path_provisioner_helper",
      component: "local-path-provisioner",
      platforms: ["linux/arm64"],
      field: "local_path_provisioner_helper_image_tag",
      expression: "{{ nobody }}",
      reason: "local_path_provisioner_helper_image_tag: 'nobody' is undefined",
      hosts: ["cp1"],
    },
  ]);
  for (const tag of ['""', "1.37@sha256:1", '"a b"', "latest:1"])
    expect(unresolvedWith(tag).map(({ reason }) => reason)).toEqual(["its value is of no use in an image or a URL"]);
  expect(unresolvedWith('"{{ nobody }}"', false)).toEqual([]);
  expect(unresolvedWith("1.37")).toEqual([]);
});

test.each([
  ["quay.io/site/box", "quay.io/site/box:1.37"],
  ["mirror.site:5000/library/busybox", "docker.io/library/busybox:1.37"],
  ["10.0.0.5:5000/busybox", "docker.io/library/busybox:1.37"],
  ["docker.io/library/busybox", "docker.io/library/busybox:1.37"],
  ["alpine", "docker.io/library/alpine:1.37"],
])("what only templates name is planned from the repository that the cluster says: %s", (repo, image) => {
  const role = "roles/kubernetes-apps/external_provisioner/local_path_provisioner/defaults/main.yml";
  const defaults =
    "---\nlocal_path_provisioner_helper_image_repo: busybox\nlocal_path_provisioner_helper_image_tag: latest\n";
  const variables = (value: string): Tree => ({
    "group_vars/all.yml": `local_path_provisioner_enabled: true\nlocal_path_provisioner_helper_image_tag: "1.37"\nlocal_path_provisioner_helper_image_repo: "${value}"\n`,
  });
  const tree = { ...modern, [role]: defaults };
  expect(named(planOf(variables(repo), {}, tree), "local_path_provisioner_helper")).toMatchObject([{ image }]);
  expect(planOf(variables("{{ nobody }}/box"), {}, tree).unresolved).toMatchObject([
    { name: "local_path_provisioner_helper", field: "local_path_provisioner_helper_image_repo" },
  ]);
});

test("`hostvars` of a host of the other architecture has that host's own facts", () => {
  const wanted = { "group_vars/all.yml": "helm_enabled: \"{{ hostvars['w1'].ansible_architecture == 'aarch64' }}\"\n" };
  const plan = planOf(wanted);
  expect(named(plan, "helm").flatMap((artifact) => artifact.platforms)).toEqual(["linux/amd64"]);
});
