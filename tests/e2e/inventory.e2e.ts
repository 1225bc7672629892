// Inventories as people have them and as ansible-playbook takes them, with the compiled binary: worktrees and submodules, links, several
// inventories, extra variables, limits, vaults, ansible.cfg, listings, and what is refused. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mixedCluster, modern, plant } from "../support/checkout.ts";
import { type Outcome, run } from "../support/containers.ts";
import { ways } from "../support/program.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const commit = "1c9add48975060f45396b34d8e022c30d7f80dab";

beforeAll(() => {
  plant(at("kubespray"), modern);
  plant(at("prod"), { "hosts.ini": mixedCluster });
});
afterAll(() => folder[Symbol.dispose]());

/** kso in the site's folder. */
async function kso(...args: readonly string[]): Promise<Outcome> {
  const env = { HOME: at("home"), XDG_CACHE_HOME: at("cache"), SOURCE_DATE_EPOCH: "1790000000", NO_COLOR: "1" };
  return await run("sh", ["-c", 'cd "$0" && exec "$@"', folder.path, ...ways.binary, ...args], env);
}

interface PlanJson {
  readonly release: { readonly commit: string };
  readonly kubernetes: string;
  readonly notes: readonly string[];
  readonly artifacts: readonly { readonly name: string; readonly platforms: readonly string[] }[];
}

/** The plan for these flags; it fails where kso does. */
async function planOf(...args: readonly string[]): Promise<PlanJson> {
  const { code, stdout, stderr } = await kso("resolve", "--json", "--kubespray-dir", "kubespray", ...args);
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as PlanJson;
}

/** `kubelet amd64+arm64`. */
const items = ({ artifacts }: PlanJson): string[] =>
  artifacts.map(({ name, platforms }) => `${name} ${platforms.map((platform) => platform.slice(6)).join("+")}`).sort();

const refused = async (code: number, message: string, ...args: readonly string[]): Promise<void> => {
  const outcome = await kso("resolve", "--kubespray-dir", "kubespray", ...args);
  expect([outcome.code, outcome.stderr.includes(message) ? message : outcome.stderr]).toEqual([code, message]);
  expect(outcome.stderr).not.toContain("unexpected");
};

test("case 01: .git is a file, as a worktree and a submodule have it, or anything else", async () => {
  plant(folder.path, {
    "repository/.git/worktrees/kubespray/HEAD": "ref: refs/heads/site\n",
    "repository/.git/worktrees/kubespray/commondir": "../..\n",
    "repository/.git/refs/heads/site": `${commit}\n`,
    "kubespray/.git": `gitdir: ${at("repository/.git/worktrees/kubespray")}\n`,
  });
  expect((await planOf("-i", "prod/hosts.ini")).release.commit).toBe(commit);
  writeFileSync(at("kubespray/.git"), "gitdir: ../repository/.git/worktrees/kubespray\n");
  expect((await planOf("-i", "prod/hosts.ini")).release.commit).toBe(commit);
  for (const make of [
    () => writeFileSync(at("kubespray/.git"), "gitdir: /dev/zero\n"),
    () => symlinkSync("nowhere", at("kubespray/.git")),
    () => mkdirSync(at("kubespray/.git/HEAD"), { recursive: true }),
  ]) {
    rmSync(at("kubespray/.git"), { recursive: true, force: true });
    make();
    expect((await planOf("-i", "prod/hosts.ini")).release.commit).toBe("unknown");
  }
  rmSync(at("kubespray/.git"), { recursive: true });
}, 60_000);

test("case 05: group_vars is a link to a sibling folder", async () => {
  plant(at("linked"), { "prod/hosts.ini": mixedCluster, "common/group_vars/all.yml": "helm_enabled: true" });
  symlinkSync("../common/group_vars", at("linked/prod/group_vars"));
  await refused(3, "--follow-links allows it", "-i", "linked/prod/hosts.ini");
  expect(items(await planOf("-i", "linked/prod/hosts.ini", "--follow-links"))).toContain("helm amd64");
  plant(at("linked"), { ".git": "gitdir: elsewhere\n" });
  expect(items(await planOf("-i", "linked/prod/hosts.ini"))).toContain("helm amd64");
}, 60_000);

test("several inventories, one of them a list of hosts; kso.yaml takes a list too", async () => {
  plant(at("more"), { "nodes.yml": "kube_node: {hosts: {w3: {host_architecture: amd64}}}" });
  const flags = ["-i", "prod/hosts.ini", "--inventory", "more/nodes.yml", "-i", "lonely,"];
  const both = await planOf(...flags);
  expect(both.artifacts.length).toBe((await planOf("-i", "prod/hosts.ini")).artifacts.length);
  writeFileSync(
    at("kso.yaml"),
    "inventory:\n- prod/hosts.ini\n- more/nodes.yml\n- lonely,\nextra-vars: helm_enabled=true\n",
  );
  const { code, stdout } = await kso("resolve", "--json", "--kubespray-dir", "kubespray");
  rmSync(at("kso.yaml"));
  expect(code).toBe(0);
  expect(items(JSON.parse(stdout) as PlanJson)).toEqual([...items(both), "helm amd64"].sort());
}, 60_000);

test("extra variables in each form win over the inventory; --kube may not contradict them", async () => {
  plant(at("prod"), { "group_vars/all.yml": "helm_enabled: false" });
  writeFileSync(at("vars.yml"), "helm_enabled: true\n");
  for (const vars of ["helm_enabled=true", '{"helm_enabled": true}', "{helm_enabled: yes}", "@vars.yml"])
    expect(items(await planOf("-i", "prod/hosts.ini", "-e", vars))).toContain("helm amd64");
  const last = await planOf("-i", "prod/hosts.ini", "-e", "@vars.yml", "--extra-vars", "{helm_enabled: false}");
  expect(items(last)).not.toContain("helm amd64");
  expect((await planOf("-i", "prod/hosts.ini", "-e", "kube_version=1.34.7")).kubernetes).toBe("1.34.7");
  expect((await planOf("-e", "kube_version=1.34.7", "--kube", "1.34")).kubernetes).toBe("1.34.7");
  await refused(2, "name two versions; take one", "-e", "kube_version=1.34.7", "--kube", "1.35");
  await refused(2, '"word" is no key=value', "-i", "prod/hosts.ini", "-e", "word");
  await refused(2, "Cannot read nowhere.yml (--extra-vars)", "-i", "prod/hosts.ini", "-e", "@nowhere.yml");
}, 60_000);

test("a limit plans its hosts and knows the others", async () => {
  expect(items(await planOf("-i", "prod/hosts.ini", "--limit", "kube_node"))).toContain("kubelet arm64");
  expect(items(await planOf("-i", "prod/hosts.ini", "-l", "k8s_cluster:!w*"))).toContain("kubelet amd64");
  await refused(2, "--limit nobody matches no host; there are", "-i", "prod/hosts.ini", "--limit", "nobody");
  await refused(2, "--limit wants --inventory", "--limit", "all");
}, 60_000);

test("a vault is opened with its password, and what is wrong with a password is said", async () => {
  plant(at("secret"), {
    "hosts.ini": mixedCluster,
    "group_vars/all.yml": `helm_enabled: "{{ secret == 'x {{ b }} y' }}"
secret: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  66616337656436386135343163343162366564366362343034373338633863666133643633353239
  6435326633343832386464623632333166653330613363340a663737343035393833353139623338
  61363139323564316662316434366563356139343439323335393465323938633133313964613330
  6461323738306162310a353034373638336261303366396339626566623762326566386566393832
  6566
`,
  });
  writeFileSync(at("pw"), "pw\n");
  writeFileSync(at("wrong"), "wrong\n");
  for (const flags of [
    ["--vault-password-file", "pw"],
    ["--vault-id", "pw"],
    ["--vault-password-file", "wrong", "--vault-id", "prod@pw"],
  ])
    expect(items(await planOf("-i", "secret/hosts.ini", ...flags))).toContain("helm amd64");
  await refused(3, "secret (secret/group_vars/all.yml), which is encrypted", "-i", "secret/hosts.ini");
  const wrong = ["-i", "secret/hosts.ini", "--vault-password-file", "wrong"];
  await refused(3, "Cannot decrypt secret (secret/group_vars/all.yml): the vault password does not fit", ...wrong);
  await refused(2, "kso asks for no password", "-i", "secret/hosts.ini", "--vault-id", "prod@prompt");
}, 60_000);

test("ansible.cfg names the inventory and merges dictionaries, and a note says so", async () => {
  plant(at("cfg/kubespray"), {
    ...modern,
    "ansible.cfg": "[defaults]\ninventory = ../prod\nhash_behaviour = merge\nvault_password_file = ~/secret\n",
  });
  plant(at("cfg/prod"), {
    hosts: mixedCluster,
    "group_vars/all.yml": "settings: {helm: true}\nhelm_enabled: '{{ settings.helm }}'",
    "group_vars/k8s_cluster.yml": "settings: {other: true}",
  });
  const { code, stdout, stderr } = await kso("resolve", "--kubespray-dir", "cfg/kubespray");
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  expect(stdout).toContain("helm");
  expect(stderr).toContain(`cfg/kubespray/ansible.cfg sets the inventory ${at("cfg/prod")} and hash_behaviour = merge`);
  expect(stderr).toContain("names a vault password, which is not read");
  writeFileSync(at("ansible.cfg"), "[defaults]\ninventory = prod/hosts.ini\n");
  const here = await kso("resolve", "--kubespray-dir", "cfg/kubespray");
  rmSync(at("ansible.cfg"));
  expect([here.code, here.stderr]).toEqual([0, expect.stringContaining("ansible.cfg sets the inventory")]);
  expect(here.stderr).toContain(at("prod/hosts.ini"));
}, 60_000);

test("what ansible-inventory --list prints is an inventory; what only a plugin knows is refused by name", async () => {
  const groups = { kube_control_plane: ["cp1"], etcd: ["cp1"], kube_node: ["w1"] };
  const list = {
    _meta: {
      hostvars: { cp1: { ansible_architecture: "x86_64", helm_enabled: true }, w1: { host_architecture: "arm64" } },
    },
    ...Object.fromEntries(Object.entries(groups).map(([name, hosts]) => [name, { hosts }])),
    k8s_cluster: { children: ["kube_control_plane", "kube_node"] },
  };
  writeFileSync(at("list.json"), JSON.stringify(list));
  const plan = items(await planOf("-i", "list.json"));
  expect(plan).toContain("helm amd64");
  expect(plan).toEqual(expect.arrayContaining(["kubelet amd64", "kubelet arm64"]));
  writeFileSync(at("aws_ec2.yml"), "plugin: amazon.aws.aws_ec2\n");
  await refused(3, 'aws_ec2.yml: it is for the inventory plugin "amazon.aws.aws_ec2"', "-i", "aws_ec2.yml");
}, 60_000);

test("a flag that is given twice, and flags without a checkout, are usage errors", async () => {
  await refused(2, '--limit is given twice ("a" and "b"); give it once', "--limit", "a", "-l", "b");
  for (const flags of [["-i", "x"], ["-e", "a=1"], ["--limit", "x"], ["--vault-id", "x"], ["--follow-links"]]) {
    const { code, stderr } = await kso("resolve", ...flags);
    expect([code, stderr]).toEqual([2, expect.stringContaining("wants --kubespray-dir")]);
  }
}, 60_000);
