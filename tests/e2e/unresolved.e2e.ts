// What an inventory wants and kso cannot evaluate, with the compiled binary: it ends the job by name, or is let through by name and then
// stands on record in everything that is made. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type ClusterSite, openClusterSite } from "../support/cluster.ts";
import { startService } from "../support/service.ts";

const undefinedRepo = 'calico_node_image_repo: "{{ site_registry }}/calico/node"\n';
const reason = "calico_node_image_repo: 'site_registry' is undefined, in broken/group_vars/all.yml";
const sentence = `calico_node (amd64, arm64; cp1, cp2, cp3 and 2 more): its repo ("{{ calico_node_image_repo }}") cannot be evaluated: ${reason}`;
let site: ClusterSite;
let broken: readonly string[];

beforeAll(async () => {
  site = await openClusterSite();
  broken = site.inventory("broken", undefinedRepo);
}, 60_000);
afterAll(async () => await site?.[Symbol.asyncDispose]());

test("resolve prints the rest of the plan, and ends with 3 and each item once", async () => {
  const { code, stdout, stderr } = await site.kso("resolve", ...broken);
  expect(code).toBe(3);
  expect(stdout).toContain("kubelet");
  expect(stdout).not.toContain("calico");
  expect(stderr).toContain(
    `kso: Cannot resolve 1 image:\n  ${sentence}\n  Correct the variables, or go on without, on record: --allow-unresolved calico_node\n`,
  );
  expect(stderr.split(reason)).toHaveLength(2);
  const json = await site.kso("resolve", ...broken, "--json");
  expect([json.code, JSON.parse(json.stdout).unresolved]).toMatchObject([3, [{ name: "calico_node", field: "repo" }]]);
});

test.each([
  ["fetch", []],
  ["export", ["--format", "tarball", "-o", "nothing.tar"]],
  ["export", ["--format", "list", "-o", "nothing"]],
] as const)("kso %s %j does nothing, and ends with 3; with --json the error names the items", async (command, more) => {
  const before = readdirSync(site.at());
  const { code, stdout, stderr } = await site.kso(command, ...more, ...broken);
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toContain(sentence);
  const json = await site.kso(command, ...more, ...broken, "--json");
  expect(json.code).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({
    error: {
      code: "unresolvable",
      exit: 3,
      items: ["calico_node"],
      unresolved: [{ name: "calico_node", hosts: ["cp1", "cp2", "cp3", "w1", "w2"] }],
    },
  });
  expect(readdirSync(site.at())).toEqual(before);
});

test("what is let through is on record in the lock, the bundle, its report and its server", async () => {
  const sealed = await site.kso(
    "export",
    "--format",
    "tarball",
    ...broken,
    "--allow-unresolved",
    "calico",
    "-o",
    "let.tar",
  );
  expect([sealed.code, sealed.stdout]).toEqual([0, "let.tar\n"]);
  expect(sealed.stderr).toContain(`unresolved: ${sentence} (allowed, on record)`);
  const lock = JSON.parse(readFileSync(site.at("kso.lock.json"), "utf8"));
  expect(lock.unresolved).toMatchObject([{ name: "calico_node", allowed: true }]);

  const alone = await site.kso("verify", "let.tar");
  expect([alone.code, alone.stderr.includes("calico_node: its repo")]).toEqual([0, true]);
  expect((await site.kso("inspect", "let.tar")).stdout).toContain(
    "on record: calico_node: it is not in the bundle: its repo",
  );
  const covered = await site.kso("verify", "let.tar", ...broken);
  expect([covered.code, covered.stdout]).toEqual([0, ""]);

  await using service = await startService(site.at("home"), [site.at("let.tar")]);
  const page = await (await fetch(service.files)).text();
  expect(page).toContain(">unresolved</span>");
  expect(page).toContain("site_registry");
  expect((await fetch(`${service.registry}/v2/nobody/manifests/1`)).status).toBe(404);
}, 60_000);

test("a bundle without the record is no answer to such an inventory: 3, also with --json; what is missing besides is 5", async () => {
  const whole = site.inventory("whole", "");
  expect((await site.kso("export", "--format", "tarball", ...whole, "-o", "whole.tar")).code).toBe(0);
  const { code, stdout, stderr } = await site.kso("verify", "whole.tar", ...broken);
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toContain(sentence);
  const json = await site.kso("verify", "whole.tar", ...broken, "--json");
  expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
    3,
    { ok: false, cluster: { unresolved: [{ name: "calico_node" }] } },
  ]);
  expect((await site.kso("verify", "whole.tar", ...broken, "--allow-unresolved", "calico_node")).code).toBe(0);
}, 60_000);

test("an empty tag is named as such, whatever else is there", async () => {
  const empty = site.inventory("empty", 'calico_node_image_tag: ""\n');
  const { code, stderr } = await site.kso("export", "--format", "tarball", ...empty, "-o", "empty.tar");
  expect(code).toBe(3);
  expect(stderr).toContain('its repo and tag ("quay.io/calico/node:") cannot be used: its tag "" cannot be one');
  expect(existsSync(site.at("empty.tar"))).toBeFalse();
  const sealed = await site.kso(
    "export",
    "--format",
    "tarball",
    ...empty,
    "--allow-unresolved",
    "calico_node",
    "-o",
    "empty.tar",
  );
  expect(sealed.code).toBe(0);
  expect((await site.kso("verify", "empty.tar", ...empty)).code).toBe(0);
  await using service = await startService(site.at("home"), [site.at("empty.tar")]);
  expect((await fetch(`${service.registry}/v2/`)).status).toBe(200);
}, 60_000);

test("what no flag takes in is no matter; a name that nothing has is a usage error; kso.yaml may let through", async () => {
  expect((await site.kso("resolve", ...broken, "--only", "etcd")).code).toBe(0);
  const matrix = await site.kso("components", ...broken);
  expect([matrix.code, /^calico .*unresolved .*unresolved/m.test(matrix.stdout)]).toEqual([0, true]);
  expect(matrix.stderr).toContain(`unresolved: ${sentence}`);
  const only = await site.kso("resolve", ...broken, "--only", "calico");
  expect([only.code, only.stderr.includes(sentence)]).toEqual([3, true]);
  const typo = await site.kso("resolve", ...broken, "--allow-unresolved", "calico_nod");
  expect([typo.code, typo.stdout]).toEqual([2, ""]);
  expect(typo.stderr).toContain('did you mean "calico_node"?');
  const settings = readFileSync(site.at("kso.yaml"), "utf8");
  writeFileSync(site.at("kso.yaml"), `${settings}allow-unresolved: [calico_node]\n`);
  expect((await site.kso("resolve", ...broken)).code).toBe(0);
  writeFileSync(site.at("kso.yaml"), settings);
}, 60_000);

test("an encrypted file of variables without its password may want anything: it ends the job, or is let through on record", async () => {
  const sealed = site.inventory("sealed", "helm_enabled: false\n");
  writeFileSync(site.at("sealed/group_vars/kube_node.yml"), "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
  const refused = await site.kso("export", "--format", "list", "-o", "sealed-list", ...sealed);
  expect([refused.code, existsSync(site.at("sealed-list"))]).toEqual([3, false]);
  expect(refused.stderr).toContain(
    "Cannot resolve what 1 file of variables sets:\n  group_vars/kube_node.yml: it is encrypted with Ansible Vault",
  );
  expect(refused.stderr).toContain(
    "--vault-password-file, or go on without, on record: --allow-unresolved group_vars/kube_node.yml",
  );
  const allow = ["--allow-unresolved", "group_vars/kube_node.yml"];
  const made = await site.kso("export", "--format", "tarball", "-o", "sealed.tar", ...sealed, ...allow);
  expect([made.code, made.stderr.includes("unresolved: group_vars/kube_node.yml: ")]).toEqual([0, true]);
  expect((await site.kso("verify", "sealed.tar", ...sealed)).code).toBe(0);
  expect((await site.kso("inspect", "sealed.tar")).stdout).toContain("on record: group_vars/kube_node.yml");
}, 60_000);

test.each([
  [["resolve", "--nope"], "usage", 2, 'Unknown flag "--nope"'],
  [["nope"], "usage", 2, 'Unknown command "nope"'],
  [["fetch", "--kubespray", "9.9"], "unresolvable", 3, 'Unknown kubespray release "9.9"'],
  [["store", "check", "--store", "kso.yaml/below"], "usage", 2, "There is no store at "],
] as const)("kso %j --json: a failure of any kind is one JSON value", async (words, code, exit, message) => {
  const failed = await site.kso(...words, "--json");
  expect(failed.code).toBe(exit);
  expect(JSON.parse(failed.stdout)).toEqual({
    error: { code, exit, message: expect.stringContaining(message), items: [] },
  });
  expect(failed.stderr).toContain(message);
});
