// From an inventory to a bundle to its coverage, with the compiled binary and real servers: the commands of docs/kubespray.md, run as
// they stand there, and what happens when the cluster or the bundle changes. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plant } from "../support/checkout.ts";
import { servedCheckout, servedEtcd } from "../support/cluster.ts";
import { type Outcome, run } from "../support/containers.ts";
import { file, type Origin, pair, programs, startOrigin } from "../support/origin.ts";
import { root } from "../support/paths.ts";
import { ways } from "../support/program.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const page = readFileSync(join(root, "docs/kubespray.md"), "utf8");
const inventory = /```ini\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
const cluster = ["--kubespray-dir", "kubespray", "--inventory", "inventory/mycluster"];
let origin: Origin;

const kubelet = (arch: "amd64" | "arm64") =>
  file("kubelet", arch, `dl.k8s.io/release/v1.35.4/bin/linux/${arch}/kubelet`, programs[arch]);
const images = [
  ...["quay.io/calico/node:v3.31.5", "registry.k8s.io/pause:3.10.1"],
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
    (name) => `registry.k8s.io/${name}:v1.35.4`,
  ),
];

beforeAll(async () => {
  chmodSync(folder.path, 0o755);
  plant(at("site/kubespray"), servedCheckout);
  plant(at("site/inventory/mycluster"), { "inventory.ini": inventory });
  origin = await startOrigin(at("origin"));
  const archive = "github.com/etcd-io/etcd/releases/download/v3.6.10/etcd-v3.6.10-linux-amd64.tar.gz";
  await origin.publish("cluster", {
    files: [kubelet("amd64"), kubelet("arm64"), file("etcd", "amd64", archive, servedEtcd)],
    images: Object.fromEntries(images.map((name) => [name, pair(name)])),
  });
  const mirrors = [
    ...["dl.k8s.io", "github.com"].map((host) => `  ${host}: http://127.0.0.1:${origin.files.port}/${host}\n`),
    ...["quay.io", "registry.k8s.io"].map((host) => `  ${host}: http://127.0.0.1:${origin.registry.port}/${host}\n`),
  ];
  writeFileSync(at("site/kso.yaml"), `mirror:\n${mirrors.join("")}`);
}, 60_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

/** kso in the site's folder. */
async function kso(...args: readonly string[]): Promise<Outcome> {
  const env = { HOME: at("home"), XDG_CACHE_HOME: at("cache"), SOURCE_DATE_EPOCH: "1790000000", NO_COLOR: "1" };
  return await run("sh", ["-c", 'cd "$0" && exec "$@"', at("site"), ...ways.binary, ...args], env);
}

test("every command of docs/kubespray.md does what the page says", async () => {
  const commands = [...page.matchAll(/^\$ kso (.*)$/gm)].map(([, line = ""]) => line.split(" "));
  expect(commands.map(([name]) => name)).toEqual(["resolve", "resolve", "export", "export", "verify", "verify"]);
  const outcomes: Outcome[] = [];
  for (const command of commands) {
    const outcome = await kso(...command);
    expect([command.join(" "), outcome.code, outcome.code === 0 ? "" : outcome.stderr]).toEqual([
      command.join(" "),
      0,
      "",
    ]);
    outcomes.push(outcome);
  }
  const [table, explained, , sealed, verified, json] = outcomes;
  expect(table?.stdout).toContain("enabled: always, group k8s_cluster, 5 hosts");
  expect(explained?.stdout).toStartWith(
    "calico is in: enabled: kube_network_plugin = calico, group k8s_cluster, 5 hosts\n",
  );
  expect(sealed?.stdout).toBe("mycluster.tar\n");
  expect(verified?.stderr).toContain("15 of 15 requests satisfied (3 amd64 hosts, 2 arm64)");
  const report = JSON.parse(json?.stdout ?? "") as { ok: boolean; cluster: unknown };
  expect(report).toMatchObject({
    ok: true,
    cluster: { ok: true, requests: 15, satisfied: 15, hosts: { amd64: 3, arm64: 2 }, missing: [], unused: [] },
  });
}, 120_000);

test("a cluster that grew: what the bundle lacks is named, and the exit code is 5", async () => {
  writeFileSync(
    at("site/inventory/mycluster/more.ini"),
    `${inventory}\n[kube_control_plane:vars]\nhelm_enabled=True\n`,
  );
  const { code, stdout, stderr } = await kso(
    "verify",
    "mycluster.tar",
    ...cluster.slice(0, 3),
    "inventory/mycluster/more.ini",
  );
  expect(code).toBe(5);
  expect(stdout).toBe(
    "missing: helm linux/amd64: https://get.helm.sh/helm-v3.18.4-linux-amd64.tar.gz: it is not in the bundle\n",
  );
  expect(stderr).toContain("15 of 16 requests satisfied");
  rmSync(at("site/inventory/mycluster/more.ini"));
}, 60_000);

test("a cluster that shrank: what nobody asks for is listed on request", async () => {
  plant(at("site/inventory/mycluster"), { "group_vars/all.yml": "kube_network_plugin: none\n" });
  const { code, stdout } = await kso("verify", "mycluster.tar", ...cluster, "--unused");
  expect([code, stdout]).toEqual([0, "unused: quay.io/calico/node:v3.31.5 (linux/amd64, linux/arm64)\n"]);
  rmSync(at("site/inventory/mycluster/group_vars"), { recursive: true });
}, 60_000);

test("an inventory that kso config has pointed at the mirror is proven all the same", async () => {
  const offline = `files_repo: http://10.0.0.5:8080/k8s
registry_host: 10.0.0.5:5000
dl_k8s_io_url: "{{ files_repo }}/dl.k8s.io"
github_url: "{{ files_repo }}/github.com"
kube_image_repo: "{{ registry_host }}"
quay_image_repo: "{{ registry_host }}"
`;
  plant(at("site/inventory/mycluster"), { "group_vars/all/offline.yml": offline });
  const { code, stderr } = await kso("verify", "mycluster.tar", ...cluster);
  expect(code).toBe(0);
  expect(stderr).toContain("15 of 15 requests satisfied (3 amd64 hosts, 2 arm64)");
  expect(stderr).toContain("asks a mirror for");
  rmSync(at("site/inventory/mycluster/group_vars"), { recursive: true });
}, 60_000);

test("the flags may stand in kso.yaml", async () => {
  const settings = readFileSync(at("site/kso.yaml"), "utf8");
  writeFileSync(at("site/kso.yaml"), `${settings}kubespray-dir: kubespray\ninventory: inventory/mycluster\n`);
  const { code, stdout } = await kso("resolve", "--json");
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { artifacts: unknown[] }).artifacts).toHaveLength(9);
  writeFileSync(at("site/kso.yaml"), settings);
}, 60_000);

test("kso components shows the checkout's matrix", async () => {
  const { code, stdout } = await kso("components", "--json", "--kubespray-dir", "kubespray");
  expect(code).toBe(0);
  const { release, components } = JSON.parse(stdout) as {
    release: unknown;
    components: { component: string; versions: string[] }[];
  };
  expect(release).toMatchObject({ version: "9.1.0" });
  expect(components.find(({ component }) => component === "calico")?.versions).toContain("v3.31.5");
}, 60_000);

test.each([
  [["resolve", "--inventory", "inventory/mycluster"], 2, "--inventory wants --kubespray-dir"],
  [["resolve", "--kubespray-dir", "nowhere"], 2, "Cannot read nowhere: there is no such folder"],
  [["resolve", "--kubespray-dir", "inventory"], 2, "it is no kubespray checkout"],
  [["resolve", ...cluster, "--kubespray", "2.31.0"], 2, "take one"],
  [["resolve", "--kubespray-dir", "kubespray", "--inventory", "nowhere"], 2, "there is no such file or folder"],
  [["resolve", ...cluster, "--kube", "1.20"], 3, "it has checksums for"],
  [["verify", "mycluster.tar", "--unused"], 2, "--unused wants --kubespray-dir"],
] as const)("kso %j ends with %d and says why", async (words, code, message) => {
  const outcome = await kso(...words);
  expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
  expect(outcome.stderr).toContain(message);
});
