// `kso manifests import` and `check` on a checkout as a user runs them: the next release, a fork that moved a URL, nonsense.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plant, type Tree } from "../support/checkout.ts";
import { binaryFor } from "../support/paths.ts";
import { releaseTree } from "../support/release-tree.ts";

const kso = binaryFor("amd64");
const defaults = "roles/kubespray_defaults/defaults/main/download.yml";
let work = "";
let next: Tree = {};
beforeAll(() => {
  if (!existsSync(kso)) throw new Error("dist/ lacks the binary: run bun build.ts first");
  work = mkdtempSync(join(tmpdir(), "kso-import-"));
  const tree = releaseTree("2.31.0");
  const template = "roles/network_plugin/calico/templates/calico-node.yml.j2";
  next = {
    ...tree,
    "galaxy.yml": "version: 2.32.0\n",
    [template]: "image: {{ calico_node_image_repo }}:{{ calico_node_image_tag }}\n",
  };
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function run(...args: string[]): { code: number; out: string; err: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([kso, ...args], {
    cwd: work,
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

test("the next release is one command: imported into a folder of one's own, then planned", () => {
  plant(join(work, "next"), next);
  const imported = run("manifests", "import", "--kubespray-dir", "next", "-o", "own");
  expect(imported).toEqual({ code: 0, out: "", err: "0 components and 1 releases written to own\n" });
  expect(readdirSync(join(work, "own/releases"))).toEqual(["kubespray-2.32.0.json"]);
  const plan = run("resolve", "--json", "--kubespray", "2.32.0", "--manifests", "own");
  expect(plan.code).toBe(0);
  const known = run("resolve", "--json", "--kubespray", "2.31.0");
  const locators = (text: string): unknown =>
    (JSON.parse(text) as { artifacts: { url?: string; image?: string; digest?: string }[] }).artifacts.map(
      ({ url, image, digest }) => [url, image, digest],
    );
  expect(locators(plan.out)).toEqual(locators(known.out));
  // A second time changes nothing.
  const before = readFileSync(join(work, "own/releases/kubespray-2.32.0.json"), "utf8");
  expect(run("manifests", "import", "--kubespray-dir", "next", "-o", "own").code).toBe(0);
  expect(readFileSync(join(work, "own/releases/kubespray-2.32.0.json"), "utf8")).toBe(before);
  // --kubespray names what a checkout does not say of itself.
  expect(run("manifests", "import", "--kubespray-dir", "next", "--kubespray", "v9.9.9", "-o", "named").code).toBe(0);
  expect(readdirSync(join(work, "named/releases"))).toEqual(["kubespray-9.9.9.json"]);
});

test("a URL that differs from the plugin's refuses the import, and nothing is written", () => {
  const moved = (next[defaults] as string).replace("https://get.helm.sh/", "https://downloads.helm.sh/");
  plant(join(work, "moved"), { ...next, [defaults]: moved });
  const ran = run("manifests", "import", "--kubespray-dir", "moved", "-o", "refused");
  expect(ran).toMatchObject({ code: 3, out: "" });
  expect(ran.err).toContain(
    "kso: Cannot import kubespray-2.32.0: 2 disagreements:\n  file helm for linux/amd64: kubespray says https://downloads.helm.sh/",
  );
  expect(existsSync(join(work, "refused"))).toBeFalse();
});

test("what a cluster turns on and no list names is planned for its inventory, with the condition as its reason", () => {
  plant(join(work, "site"), {
    "hosts.ini":
      "[kube_control_plane]\nnode1\n[etcd]\nnode1\n[kube_node]\nnode1\n[k8s_cluster:children]\nkube_control_plane\nkube_node\n",
    "group_vars/all.yml":
      "local_path_provisioner_enabled: true\ncloud_provider: external\nexternal_cloud_provider: hcloud\nargocd_enabled: true\n",
  });
  plant(join(work, "next"), next);
  const ran = run("resolve", "--json", "--kubespray-dir", "next", "--inventory", "site");
  const { artifacts } = JSON.parse(ran.out) as { artifacts: { name: string; image?: string; reason: string }[] };
  const named = (name: string): unknown => artifacts.find((one) => one.name === name);
  expect(named("local_path_provisioner_helper")).toMatchObject({
    image: "docker.io/library/busybox:latest",
    reason: "enabled: local_path_provisioner_enabled = True",
  });
  expect(named("external_hcloud_cloud")).toMatchObject({
    image: "docker.io/hetznercloud/hcloud-cloud-controller-manager:latest",
    reason: expect.stringContaining("external_cloud_provider = hcloud"),
  });
  expect(artifacts.filter(({ name }) => name === "argocd_redis")).toHaveLength(2);
  // Both may stand in kso.yaml; paths count from it.
  plant(join(work, "conf"), { "kso.yaml": "kubespray-dir: ../next\ninventory: ../site\n" });
  const configured = run("resolve", "--json", "--config", "conf/kso.yaml");
  expect(configured.err).toStartWith("conf/kso.yaml: kubespray-dir, inventory\n");
  expect(configured.out.replaceAll("conf/../", "")).toBe(ran.out);
  expect(named("vsphere_csi_driver")).toBeUndefined();
  expect(named("node_feature_discovery")).toBeUndefined();
});

test("check: what no plugin owns is named with its place; what is waived is not", () => {
  const good = run("manifests", "check", "--kubespray-dir", "next");
  expect(good).toMatchObject({ code: 0, out: "" });
  expect(good.err).toMatch(/^kubespray-2\.32\.0: \d\d+ references are owned by plugins, \d+ are waived by name\n$/);
  plant(join(work, "fork"), {
    ...next,
    "roles/addon/defaults/main.yml":
      'addon_image_repo: "quay.io/fork/addon"\naddon_download_url: https://example.org/addon\netcd_peer_url: https://x:2380\n',
    "roles/addon/templates/addon.yml.j2":
      'spec:\n  image: "{{ addon_image_repo }}:{{ addon_image_tag }}"\n  sidecar: ghcr.io/fork/sidecar:v1\n',
  });
  const ran = run("manifests", "check", "--kubespray-dir", "fork");
  expect(ran.code).toBe(3);
  expect(ran.out.trim().split("\n").sort()).toEqual([
    "roles/addon/defaults/main.yml:1: repository addon_image_repo: no plugin owns quay.io/fork/addon",
    "roles/addon/defaults/main.yml:2: url addon_download_url: no plugin owns https://example.org/addon",
    "roles/addon/templates/addon.yml.j2:2: image {{ addon_image_repo }}:{{ addon_image_tag }}: no plugin owns quay.io/fork/addon:*",
    "roles/addon/templates/addon.yml.j2:3: image ghcr.io/fork/sidecar:v1: no plugin owns ghcr.io/fork/sidecar:v1",
  ]);
  expect(ran.err).toContain("kso: 4 things in fork that plugins do not describe as kubespray has them");
  const { unowned, waived } = JSON.parse(run("manifests", "check", "--kubespray-dir", "fork", "--json").out);
  expect(unowned).toHaveLength(4);
  expect(waived).toContainEqual({
    reason: "an address of the site itself",
    reference: expect.objectContaining({ name: "etcd_peer_url" }),
  });
  // A plugin of one's own answers for them.
  const plugin = `export default { name: "addon", category: "addon", description: "Of the fork",
  contribute: () => [
    { kind: "image", name: "addon", version: "1", image: "quay.io/fork/addon:1" },
    { kind: "image", name: "sidecar", version: "v1", image: "ghcr.io/fork/sidecar:v1" },
    { kind: "file", name: "addon", version: "1", url: "https://example.org/addon", digest: "sha256:${"a".repeat(64)}" },
  ] };`;
  plant(work, { "addon.mjs": plugin });
  expect(run("manifests", "check", "--kubespray-dir", "fork", "--plugin", "addon.mjs")).toMatchObject({
    code: 0,
    out: "",
  });
});

test.each([
  [["manifests", "import"], 2, "Write kso manifests import --kubespray-dir DIR"],
  [
    ["manifests", "import", "--kubespray-dir", "next", "--mirror", "a=http://b"],
    2,
    "--mirror has no meaning for kso manifests import",
  ],
  [["manifests", "import", "--kubespray-dir", "."], 2, "it is no kubespray checkout"],
  [["manifests", "import", "--kubespray-dir", "nowhere"], 2, "Cannot read nowhere: there is no such folder"],
  [["manifests", "check"], 2, "Write kso manifests check --kubespray-dir DIR"],
  [
    ["manifests", "check", "--kubespray-dir", "next", "--only", "etcd"],
    2,
    "--only has no meaning for kso manifests check",
  ],
  [["manifests", "update", "--kubespray-dir", "next"], 2, "--kubespray-dir has no meaning for kso manifests update"],
])("%j exits %d and says what to do", (args, code, message) => {
  const ran = run(...args);
  expect(ran).toMatchObject({ code, out: "" });
  expect(ran.err).toContain(message);
});
