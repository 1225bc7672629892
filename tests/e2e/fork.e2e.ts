// A fork that kso has never seen, and an inventory written for another mirror's paths, to the end of the journey: bundle, server, variables,
// proof, and a site (nginx, docker-registry) that answers everything under the inventory's own names. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { mixedCluster, plant } from "../support/checkout.ts";
import { servedCheckout, servedEtcd } from "../support/cluster.ts";
import { must, type Outcome, run, type Server, serveDav, serveRegistry } from "../support/containers.ts";
import { topDigest } from "../support/layers.ts";
import { file, type Origin, pair, programs, startOrigin } from "../support/origin.ts";
import { ways } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const cluster = ["--kubespray-dir", "kubespray", "--inventory", "prod"];
const etcdUrl = "github.com/etcd-io/etcd/releases/download/v3.6.10/etcd-v3.6.10-linux-amd64.tar.gz";
const kubelet = (arch: "amd64" | "arm64") =>
  file("kubelet", arch, `dl.k8s.io/release/v1.35.4/bin/linux/${arch}/kubelet`, programs[arch]);
const kubeImages = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
  (name) => `registry.k8s.io/${name}:v1.35.4`,
);
/** Image → the name that the inventory asks the site's registry for. */
const images: Readonly<Record<string, string>> = {
  "quay.io/calico/node:v3.31.5": "calico-node:v3.31.5",
  "registry.k8s.io/pause:3.10.1": "k8s/pause:3.10.1",
  ...Object.fromEntries(kubeImages.map((name) => [name, name.replace("registry.k8s.io/", "k8s/")])),
};
/** Path below files_repo → its bytes. */
const files: Readonly<Record<string, Uint8Array>> = {
  "kubernetes/v1.35.4/amd64/kubelet": programs.amd64,
  "kubernetes/v1.35.4/arm64/kubelet": programs.arm64,
  "etcd/etcd-v3.6.10.tgz": servedEtcd,
};

let origin: Origin;
let web: Server;
let registry: Server;

beforeAll(async () => {
  chmodSync(folder.path, 0o755);
  plant(at("site/kubespray"), servedCheckout);
  origin = await startOrigin(at("origin"));
  web = await serveDav(at("web"));
  registry = await serveRegistry(at("registry"));
  await origin.publish("cluster", {
    files: [kubelet("amd64"), kubelet("arm64"), file("etcd", "amd64", etcdUrl, servedEtcd)],
    images: Object.fromEntries(Object.keys(images).map((name) => [name, pair(name)])),
  });
  const mirrors = [
    ...["dl.k8s.io", "github.com"].map((host) => `  ${host}: http://127.0.0.1:${origin.files.port}/${host}\n`),
    ...["quay.io", "registry.k8s.io"].map((host) => `  ${host}: http://127.0.0.1:${origin.registry.port}/${host}\n`),
  ];
  writeFileSync(at("site/kso.yaml"), `mirror:\n${mirrors.join("")}`);
  plant(at("site/prod"), { "inventory.ini": mixedCluster, "group_vars/all/offline.yml": offline() });
  // One path for two architectures.
  const flat = offline().replace("/kubernetes/v{{ kube_version }}/{{ image_arch }}", "");
  plant(at("site/flat"), { "inventory.ini": mixedCluster, "group_vars/all/offline.yml": flat });
  await works("export", "--format", "tarball", ...cluster, "-o", "prod.tar");
}, 60_000);
afterAll(async () => {
  await Promise.all([origin, web, registry].map((server) => server?.stop()));
  folder[Symbol.dispose]();
});

/** Variables as an earlier mirror of the site wanted them. */
function offline(): string {
  return `files_repo: "http://127.0.0.1:${web.port}/files"
registry_host: "127.0.0.1:${registry.port}"
kube_image_repo: "{{ registry_host }}/k8s"
kubelet_download_url: "{{ files_repo }}/kubernetes/v{{ kube_version }}/{{ image_arch }}/kubelet"
etcd_download_url: "{{ files_repo }}/etcd/etcd-v{{ etcd_version }}.tgz"
calico_node_image_repo: "{{ registry_host }}/calico-node"
`;
}

/** kso in the site's folder. */
async function kso(...args: readonly string[]): Promise<Outcome> {
  const env = {
    HOME: at("home"),
    XDG_CACHE_HOME: at("cache"),
    SOURCE_DATE_EPOCH: "1790000000",
    NO_COLOR: "1",
  };
  return await run("sh", ["-c", 'cd "$0" && exec "$@"', at("site"), ...ways.binary, ...args], env);
}
async function works(...args: readonly string[]): Promise<Outcome> {
  const outcome = await kso(...args);
  expect([args.join(" "), outcome.code, outcome.code === 0 ? "" : outcome.stderr]).toEqual([args.join(" "), 0, ""]);
  return outcome;
}

test("the plan is that of the origins, under the origins' names", async () => {
  const { stdout, stderr } = await works("inspect", "prod.tar", "--json");
  for (const name of [...Object.keys(images), etcdUrl]) expect(stdout + stderr).toContain(name);
  const listed = await must("tar", ["tf", at("site/prod.tar")]);
  expect(listed.split("\n").filter((name) => /^files\/.*[^/]$/.test(name))).toEqual([
    "files/dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubelet",
    "files/dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet",
    `files/${etcdUrl}`,
  ]);
});

test("without the checkout: the variables are the fork's own, the server answers all, and its page shows them", async () => {
  await using service = await startService(at("service"), [at("site/prod.tar")]);
  const servers = ["--files-url", `${service.files}/k8s`, "--registry-host", service.registry];
  const { stdout } = await works("config", "kubespray", "prod.tar", ...servers, "--check");
  expect(parse(stdout)).toMatchObject({
    files_repo: `${service.files}/k8s`,
    github_url: "{{ files_repo }}/github.com",
    dl_k8s_io_url: "{{ files_repo }}/dl.k8s.io",
    helm_download_url: "{{ files_repo }}/get.helm.sh/helm-v{{ helm_version }}-linux-{{ image_arch }}.tar.gz",
    kube_version: "1.35.4",
  });
  expect((await works("config", "kubespray", "prod.tar", ...servers, "--kubespray-dir", "kubespray")).stdout).toBe(
    stdout,
  );
  expect(await (await fetch(service.files)).text()).toContain("{{ files_repo }}/get.helm.sh/helm-v{{ helm_version }}");
}, 60_000);

test("a bundle that does not bring them along: what is missing is said, and the checkout is enough", async () => {
  await must("sh", ["-c", `mkdir -p ${at("site/bare")} && tar xf ${at("site/prod.tar")} -C ${at("site/bare")}`]);
  const path = at("site/bare/kso/lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8")) as { release: { origins?: object } };
  expect(Object.keys(lock.release.origins ?? {})).toContain("github_url");
  delete lock.release.origins;
  writeFileSync(path, JSON.stringify(lock));
  const servers = ["--files-url", "http://10.0.0.5:8080/k8s", "--registry-host", "10.0.0.5:5000"];
  const refused = await kso("config", "kubespray", "bare", ...servers);
  expect([refused.code, refused.stdout]).toEqual([3, ""]);
  for (const word of ["kubespray-9.1.0", "--kubespray-dir", "--manifests"]) expect(refused.stderr).toContain(word);
  const { stdout } = await works("config", "kubespray", "bare", ...servers, "--kubespray-dir", "kubespray");
  expect(stdout).toContain('github_url: "{{ files_repo }}/github.com"');
}, 60_000);

test("verify: every request is answered, and those under other names than kso's are named", async () => {
  const { stderr } = await works("verify", "prod.tar", ...cluster);
  expect(stderr).toContain("15 of 15 requests satisfied (3 amd64 hosts, 2 arm64)");
  const [note = ""] = stderr.split("\n").filter((line) => line.includes("names that neither"));
  for (const path of Object.keys(files)) expect(note).toContain(`http://127.0.0.1:${web.port}/files/${path}`);
  expect(note).toContain(`calico_node (127.0.0.1:${registry.port}/calico-node:v3.31.5)`);
}, 60_000);

test("pushed in the inventory's layout: every URL and every image that it asks for is there, and the same bytes", async () => {
  const to = ["--files-to", `http://127.0.0.1:${web.port}/files`, "--registry", `127.0.0.1:${registry.port}`];
  const layout = [...to, "--layout", "inventory", ...cluster];
  const before = await works("push", "prod.tar", ...layout, "--dry-run");
  expect(before.stdout).not.toMatch(/^there/m);
  await works("push", "prod.tar", ...layout);
  for (const [path, bytes] of Object.entries(files)) {
    const response = await fetch(`http://127.0.0.1:${web.port}/files/${path}`);
    expect([path, response.status, sha(new Uint8Array(await response.arrayBuffer()))]).toEqual([path, 200, sha(bytes)]);
  }
  for (const [image, name] of Object.entries(images))
    expect([name, await topDigest(`127.0.0.1:${registry.port}/${name}`)]).toEqual([
      name,
      await topDigest(`127.0.0.1:${origin.registry.port}/${image}`),
    ]);
  const after = await works("push", "prod.tar", ...layout, "--dry-run");
  expect(after.stdout).not.toMatch(/^missing/m);
}, 60_000);

test.each([
  [["--layout", "inventory"], 2, "--layout inventory wants an inventory"],
  [cluster, 2, "--kubespray-dir has no meaning without --layout inventory"],
  [["--layout", "inventory", ...cluster.slice(0, 3), "flat"], 3, 'the inventory asks for both as "kubelet"'],
] as const)(
  "kso push %j ends with %d and says why",
  async (words, code, message) => {
    const outcome = await kso("push", "prod.tar", "--files-to", `http://127.0.0.1:${web.port}/files`, ...words);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
    expect(outcome.stderr).toContain(message);
  },
  60_000,
);
