// The names under which an inventory asks its site, and which of them a server of kso's has not.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import type { Lock } from "../../src/core/lock.ts";
import { type CoverageOptions, clusterCoverage } from "../../src/kubespray/cluster-coverage.ts";
import { type ClusterLayout, clusterLayout, type SiteServers } from "../../src/kubespray/site-layout.ts";
import { mixedCluster, modern, plant, type Tree } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

const lock: Lock = {
  schema: "kso.lock/1",
  kso: "0.0.0",
  release: { name: "kubespray-9.1.0", version: "9.1.0", commit: "unknown" },
  kubernetes: "1.35.4",
  platforms: ["linux/amd64", "linux/arm64"],
  files: [],
  images: [],
  unavailable: [],
};

/** Does something with a made-up cluster that has these variables. */
function inCluster<T>(variables: string, work: (cluster: CoverageOptions) => T, checkout: Tree = modern): T {
  using folder = temporary();
  const kubesprayDir = plant(join(folder.path, "kubespray"), checkout);
  const tree = { "inventory.ini": mixedCluster, "group_vars/all.yml": variables };
  const site = plant(join(folder.path, "inventory"), tree);
  return work({
    kubesprayDir,
    inventory: { ...noInventory, inventories: [site] },
    selection: {},
    unavailable: "exclude",
  });
}

const inFork = { ...modern, "roles/kubespray_defaults/defaults/main/x.yml": "dl_k8s_io_url: https://files.corp/up\n" };
const layoutOf = (variables: string, servers: SiteServers = {}): ClusterLayout =>
  inCluster(variables, (cluster) => clusterLayout(catalog, lock, cluster, servers));
const notesOf = (variables: string): readonly string[] =>
  inCluster(variables, (cluster) => clusterCoverage(catalog, lock, cluster).notes);

const kubelet = (arch: string): string => `dl.k8s.io/release/v1.35.4/bin/linux/${arch}/kubelet`;
const flat = `files_repo: "http://10.1.2.3/files"
registry_host: "10.1.2.3:35000"
kubelet_download_url: "{{ files_repo }}/kubernetes/{{ image_arch }}/kubelet"
calico_node_image_repo: "{{ registry_host }}/calico-node"
kube_image_repo: "{{ registry_host }}/k8s"
`;

test("a layout names what the inventory asks its site for, below files_repo and behind the registry's host", () => {
  const { files, images, elsewhere } = layoutOf(flat);
  expect(Object.fromEntries(files)).toEqual({
    [kubelet("amd64")]: new Set(["kubernetes/amd64/kubelet"]),
    [kubelet("arm64")]: new Set(["kubernetes/arm64/kubelet"]),
  });
  expect(images.get("quay.io/calico/node:v3.31.5")).toEqual(new Set(["calico-node:v3.31.5"]));
  expect(images.get("registry.k8s.io/pause:3.10.1")).toEqual(new Set(["k8s/pause:3.10.1"]));
  expect(elsewhere).toEqual([expect.stringMatching(/^etcd \(https:\/\/github\.com\//)]);
});

test.each<[string, string, SiteServers, string | undefined]>([
  [
    "below the address that files are put to",
    "http://10.1.2.3/files/x/kubelet",
    { files: "http://10.1.2.3/files/" },
    "x/kubelet",
  ],
  [
    "below the same host, and not below that address",
    "http://10.1.2.3/x/kubelet",
    { files: "http://10.1.2.3/files" },
    undefined,
  ],
  ["behind a host without files_repo", "http://10.1.2.3/x/kubelet", {}, "x/kubelet"],
  [
    "with a name and a password",
    "http://u:p@10.1.2.3/files/x/kubelet",
    { files: "http://10.1.2.3/files" },
    "x/kubelet",
  ],
  [
    "at a public host that files are put to",
    "https://files.site.com/dl.k8s.io/release/v1.35.4/bin/linux/{{ image_arch }}/kubelet",
    { files: "https://files.site.com" },
    kubelet("amd64"),
  ],
  ["with a question", "http://10.1.2.3/x?kubelet", {}, undefined],
  ["that climbs", "http://10.1.2.3/x/../kubelet", {}, undefined],
])("a file %s", (_, url, servers, path) => {
  const { files, elsewhere } = layoutOf(`kubelet_download_url: "${url}"\n`, servers);
  expect([...(files.get(kubelet("amd64")) ?? [])][0]).toBe(path as string);
  expect(elsewhere.some((name) => name.startsWith("kubelet "))).toBe(path === undefined);
});

test("an image at a public registry that is not the one pushed to keeps its name; a pinned tag is pushed as the tag", () => {
  const pinned = `calico_node_image_tag: "v3.31.5@sha256:${"a".repeat(64)}"\n`;
  const variables = `quay_image_repo: harbor.site.com/proxy\n${pinned}`;
  expect(layoutOf(variables).elsewhere.join()).toContain("calico_node (harbor.site.com/proxy/calico/node:v3.31.5)");
  expect(layoutOf(variables, { registry: "Harbor.site.com" }).images).toEqual(
    new Map([["quay.io/calico/node:v3.31.5", new Set(["proxy/calico/node:v3.31.5"])]]),
  );
});

test("what a fork has at the site by itself is the site's, too", () => {
  const { files } = inCluster("", (cluster) => clusterLayout(catalog, lock, cluster, {}), inFork);
  const path = "up/release/v1.35.4/bin/linux/amd64/kubelet";
  expect(files.get(`files.corp/${path}`)).toEqual(new Set([path]));
  expect(files.size).toBe(2);
});

test("a layout wants an inventory", () => {
  const work = (cluster: CoverageOptions): unknown =>
    clusterLayout(catalog, lock, { ...cluster, inventory: noInventory }, {});
  expect(() => inCluster("", work)).toThrow("--inventory");
});

test("coverage names what the site is asked for under other names than kso's, and nothing else", () => {
  expect(notesOf(flat)).toContainEqual(
    expect.stringMatching(
      /names that neither .*: kubelet \(http:\/\/10\.1\.2\.3\/files\/kubernetes\/amd64\/kubelet\), calico_node \(10\.1\.2\.3:35000\/calico-node:v3\.31\.5\), kubelet \(.*arm64\/kubelet\); push with --layout inventory/,
    ),
  );
  const usual = `files_repo: http://10.0.0.5:8080/k8s
registry_host: 10.0.0.5:5000
kube_image_repo: "{{ registry_host }}"
quay_image_repo: "{{ registry_host }}/quay.io"
dl_k8s_io_url: "{{ files_repo }}/dl.k8s.io"
`;
  expect(notesOf(usual).join()).not.toContain("names that neither");
  expect(notesOf("").join()).not.toContain("names that neither");
  // A build of one's own at the site itself.
  expect(
    notesOf('helm_enabled: true\nhelm_version: "3.0.1"\nhelm_download_url: http://10.1.2.3/helm\n').join(),
  ).not.toContain("kubelet");
});

test("coverage names the hosts outside of the site that files are asked of", () => {
  const note = (hosts: string): string =>
    `the inventory has hosts ask ${hosts} for files; kso config kubespray writes what leads to the site`;
  expect(notesOf("")).toContain(note("dl.k8s.io, github.com"));
  expect(
    notesOf("github_url: https://gh.m.daocloud.io/github.com\ndl_k8s_io_url: http://10.0.0.5/dl.k8s.io\n"),
  ).toContain(note("gh.m.daocloud.io"));
  const inside =
    "files_repo: https://files.site.com\ngithub_url: '{{ files_repo }}/github.com'\ndl_k8s_io_url: '{{ files_repo }}/dl.k8s.io'\n";
  expect(notesOf(inside).join()).not.toContain("for files");
});
