// The cases beside the project, each an inventory or a site of its own and what is right for it, with the compiled binary and kubespray's
// own tags, where both are: KUBESPRAY_CLONE names a clone. What holds without them is in the other files here, made up.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mixedCluster, modern, plant } from "../support/checkout.ts";
import { type ClusterSite, openClusterSite } from "../support/cluster.ts";
import { must, type Outcome, run } from "../support/containers.ts";
import { siteCases } from "../support/paths.ts";
import { ways } from "../support/program.ts";
import { clone, tagged } from "../support/tags.ts";
import { temporary } from "../support/temp.ts";

const here = clone !== undefined && existsSync(siteCases);
/** Where they are not, there is nothing to hold, and nothing to skip. */
const nothing = Object.assign(() => undefined, { each: () => () => undefined }) as unknown as typeof test;
const real = here ? test : nothing;
const folder = temporary();
let site: ClusterSite;

beforeAll(async () => {
  if (!here) return;
  site = await openClusterSite();
  await planned(0, "export", "--format", "tarball", ...site.inventory("small", ""), "-o", "small.tar");
}, 120_000);
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** The folder of a case: `02` is enough of its name. */
const caseOf = (number: string): string =>
  join(siteCases, readdirSync(siteCases).find((name) => name.startsWith(`${number}-`)) ?? number);
/** The flags for a case at a tag. */
const flagsOf = (number: string, tag: string, inventory = "inventory"): readonly string[] => [
  ...["--kubespray-dir", tagged(folder.path, tag)],
  ...["--inventory", inventory.startsWith("/") ? inventory : join(caseOf(number), inventory)],
];

/** kso with these words, which ends with that code. */
async function planned(code: number, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const outcome = await site.kso(...args);
  expect([args[0], outcome.code, outcome.code === code ? "" : outcome.stderr]).toEqual([args[0], code, ""]);
  return outcome;
}

interface PlanJson {
  readonly release: { readonly commit: string };
  readonly artifacts: readonly { readonly name: string; readonly image?: string; readonly source: string }[];
  readonly unresolved: readonly { readonly name: string }[];
  readonly unavailable: readonly unknown[];
  readonly notes: readonly string[];
}

async function planOf(flags: readonly string[], code = 0): Promise<PlanJson & { readonly names: readonly string[] }> {
  const plan = JSON.parse((await planned(code, "resolve", "--json", ...flags)).stdout) as PlanJson;
  return { ...plan, names: plan.artifacts.map(({ name }) => name) };
}

/** What a bundle that has little of it lacks for a cluster: `helm linux/amd64`; and its last line but the error. */
async function lacking(
  flags: readonly string[],
): Promise<{ readonly items: readonly string[]; readonly stderr: string }> {
  const { stdout, stderr } = await planned(5, "verify", "small.tar", ...flags);
  const items = [...stdout.matchAll(/^missing: (\S+ \S+):/gm)].map(([, item]) => item as string);
  return { items, stderr };
}

test("01, made up: a file where a folder is asked for is named, and is no folder", async () => {
  const kubespray = plant(join(folder.path, "made-up"), modern);
  const inventory = plant(join(folder.path, "odd"), { hosts: mixedCluster, group_vars: "a: 1\n", host_vars: "" });
  const kso = (...args: readonly string[]): Promise<Outcome> => run(ways.binary[0] ?? "", ["resolve", ...args]);
  const planned = await kso("--kubespray-dir", kubespray, "-i", inventory);
  expect([planned.code, planned.stdout.includes("kubelet")]).toEqual([0, true]);
  for (const name of ["group_vars", "host_vars"])
    expect(planned.stderr).toContain(`${join(inventory, name)} is a file, and no folder of variables`);
  const flat = plant(join(folder.path, "flat"), { roles: "a file", ".git": "gitdir: nowhere\n" });
  const refused = await kso("--kubespray-dir", flat, "-i", inventory);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/^kso: Cannot use \S+flat: it is no kubespray checkout \(it lacks roles\/.*\)\n$/),
  ]);
  for (const below of [join(flat, "roles"), join(flat, "roles", "below")])
    expect(await kso("--kubespray-dir", below, "-i", inventory)).toMatchObject({ code: 2, stdout: "" });
});

real("01: a worktree and a submodule are planned and imported as any other checkout", async () => {
  const source = tagged(folder.path, "v2.31.0");
  const repository = join(folder.path, "repository");
  const git = "git -c user.name=a -c user.email=a@example.org";
  await must("sh", [
    "-c",
    `cp -r "$0" "$1" && cd "$1" && git init -q && git add -A && ${git} commit -qm all && ${git} tag -m x v2.31.0`,
    source,
    repository,
  ]);
  const commit = (await must("git", ["-C", repository, "rev-parse", "HEAD"])).trim();
  const made = join(folder.path, "made");
  mkdirSync(made);
  await must("sh", [join(caseOf("01"), "make.sh"), repository, made]);
  for (const path of [join(made, "worktree"), join(made, "site/kubespray")]) {
    const flags = ["--kubespray-dir", path, "-i", join(caseOf("11"), "inventory")];
    const plan = await planOf(flags);
    expect([plan.names.length, plan.release.commit]).toEqual([23, commit]);
    await planned(0, "export", "--format", "list", ...flags, "-o", join(path, "lists"));
    expect((await lacking(flags)).stderr).toContain("of 23 requests satisfied");
    await planned(0, "manifests", "import", "--kubespray-dir", path, "-o", join(path, "manifests"));
  }
});

real.each(["v2.27.0", "v2.27.1", "v2.28.0", "v2.28.1", "v2.29.0"])("02 at %s: 24 items, nothing said", async (tag) => {
  const { names, notes } = await planOf([...flagsOf("02", tag), "--arch", "amd64"]);
  expect(names).toHaveLength(24);
  expect(names).toEqual(expect.arrayContaining(["kubelet", "containerd", "coredns", "metrics_server", "kube-proxy"]));
  expect(notes).toEqual([]);
});

real("02 at v2.26.1: 4 items, and a warning", async () => {
  const { names, notes } = await planOf([...flagsOf("02", "v2.26.1"), "--arch", "amd64"]);
  expect(names).toHaveLength(4);
  expect(notes.join("\n")).toContain("kube_control_plane and kube_node are not in k8s_cluster");
});

real("03: each pinned image is planned under its tag, and asked for by its digest", async () => {
  const flags = flagsOf("03", "v2.31.0");
  const { artifacts, unresolved } = await planOf(flags);
  expect([artifacts.length, unresolved]).toEqual([27, []]);
  await planned(0, "export", "--format", "list", ...flags, "-o", "pinned");
  const pinned = readFileSync(site.at("pinned/images.list"), "utf8").match(/^.*@.*$/gm);
  const digest = `sha256:${"a1".repeat(32)}`;
  // Without the mirrors that the test has for some hosts.
  expect(pinned?.map((line) => line.replace(/^127[^/]*\//, "")).sort()).toEqual([
    `docker.io/library/busybox:1.37.0@${digest}`,
    `ghcr.io/k8snetworkplumbingwg/multus-cni:v4.2.2@${digest}`,
    `registry.k8s.io/coredns/coredns:v1.12.4@${digest}`,
    `registry.k8s.io/provider-os/openstack-cloud-controller-manager:v1.35.0@${digest}`,
  ]);
  const { items } = await lacking(flags);
  for (const name of ["local_path_provisioner_helper", "multus", "coredns"])
    expect(items).toContain(`${name} linux/amd64`);
  expect((await planOf([...flags, "--only", "multus"])).names).toEqual(["multus"]);
});

real.each([
  ["inventory", "coredns_image_repo: 'site_registry' is undefined"],
  ["empty-tag/inventory", 'its tag "" cannot be one'],
])("04: %s ends resolve, export and verify with 3", async (inventory, reason) => {
  const flags = flagsOf("04", "v2.31.0", inventory);
  for (const words of [["resolve"], ["export", "--format", "tarball", "-o", "b.tar"], ["verify", "small.tar"]]) {
    const { stderr } = await planned(3, ...words, ...flags);
    expect(stderr.split(reason)).toHaveLength(2);
    expect(stderr).toContain("--allow-unresolved coredns");
  }
  expect(existsSync(site.at("b.tar"))).toBeFalse();
  expect((await planOf([...flags, "--only", "local-path-provisioner"])).unresolved).toEqual([]);
});

real("05: the link is refused by name, and followed on request and in a repository", async () => {
  const made = join(folder.path, "linked");
  await must("sh", [join(caseOf("05"), "make.sh"), made]);
  const flags = flagsOf("05", "v2.31.0", join(made, "prod/hosts.ini"));
  expect((await planned(3, "resolve", ...flags)).stderr).toContain("--follow-links allows it");
  expect((await planOf([...flags, "--follow-links"])).names).toContain("helm");
  await must("git", ["init", "-q", made]);
  expect((await planOf(flags)).names).toContain("helm");
});

real.each(["v2.28.0", "v2.29.1", "v2.31.0"])(
  "06, 07 and 08 at %s: Cilium's Envoy, the charts and Helm are in the plan, and verify asks for them",
  async (tag) => {
    const wanted: readonly (readonly [string, readonly string[]])[] = [
      ["06", ["cilium_hubble_envoy", "cilium_chart"]],
      ["07", ["cilium_hubble_envoy", "cilium_chart", "kubelet_csr_approver_chart", "helm"]],
      ["08", ["helm", "kubelet_csr_approver_chart"]],
    ];
    for (const [number, names] of wanted) {
      const flags = flagsOf(number, tag);
      expect((await planOf(flags)).names).toEqual(expect.arrayContaining([...names]));
      const { items } = await lacking(flags);
      expect(items).toEqual(expect.arrayContaining(names.map((name) => `${name} linux/amd64`)));
    }
  },
);

real("10: everything is planned from the origins, and the site's own names are named", async () => {
  const flags = flagsOf("10", "v2.29.0");
  const { artifacts, notes } = await planOf(flags);
  expect(artifacts).toHaveLength(24);
  expect(JSON.stringify(artifacts)).not.toContain("10.1.2.3");
  expect(notes).toEqual(["the inventory asks a mirror for 4 files and 9 images; they are planned from their origin"]);
  const image = artifacts.find(({ name }) => name === "calico_node")?.image;
  expect(image).toBe("quay.io/calico/node:v3.30.3");
  const { stderr } = await lacking(flags);
  expect(stderr).toContain("kubelet (http://10.1.2.3/files/kubernetes/v1.33.5/kubelet)");
  expect(stderr).toContain("push with --layout inventory");
});

real.each(["v2.27.1", "v2.28.0", "v2.31.0"])("11 at %s: no gap, and no request too many", async (tag) => {
  const flags = flagsOf("11", tag);
  const { names, unresolved, unavailable, notes } = await planOf(flags);
  expect([unresolved, unavailable, notes]).toEqual([[], [], []]);
  if (tag === "v2.31.0") expect(names).toHaveLength(23);
  expect((await lacking(flags)).stderr).toContain(` of ${names.length} requests satisfied`);
});
