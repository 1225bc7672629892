// `bun tests/bench/kubespray.ts CHECKOUT [ROUNDS]`: a plan from a kubespray checkout and its sample inventory for both architectures,
// beside the checkout's own contrib/offline/generate_list.sh for one (with ansible-playbook on the PATH). Whole processes, in turn, as
// ratios of medians. Prints; never judges. The checkout is copied: the script writes into it.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/paths.ts";

const [given, count = "5"] = process.argv.slice(2);
if (given === undefined) throw new Error("Name a kubespray checkout: bun tests/bench/kubespray.ts DIR [ROUNDS]");
const work = mkdtempSync(join(tmpdir(), "kso-bench-"));
const checkout = join(work, "kubespray");
cpSync(given, checkout, { recursive: true });
const inventory = join(work, "mycluster");
mkdirSync(inventory);
cpSync(join(checkout, "inventory/sample/group_vars"), join(inventory, "group_vars"), { recursive: true });
const groups = ["kube_control_plane", "etcd", "kube_node"].map((group) => `[${group}]\nnode[1:3]\n`).join("");
writeFileSync(join(inventory, "inventory.ini"), `${groups}[k8s_cluster:children]\nkube_control_plane\nkube_node\n`);

function must(command: readonly string[], cwd: string): number {
  const start = performance.now();
  const { success, stderr, stdout } = Bun.spawnSync([...command], { cwd });
  if (!success) throw new Error(`${command.join(" ")}: ${stderr.toString()}${stdout.toString()}`);
  return performance.now() - start;
}

must(["bun", "build.ts", "amd64"], root);
const kso = join(root, "dist/kso-linux-amd64");
const plan = [kso, "resolve", "--json", "--quiet", "--kubespray-dir", checkout];
const commands: Readonly<Record<string, readonly string[]>> = {
  "generate_list.sh, one architecture": ["bash", join(checkout, "contrib/offline/generate_list.sh")],
  "kso, checkout, both architectures": plan,
  "kso, checkout and inventory, both architectures": [...plan, "--inventory", inventory],
};
const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
// The first round warms the page cache.
for (let round = 0; round <= Number(count); round++)
  for (const [name, command] of Object.entries(commands)) {
    const taken = must(command, checkout);
    if (round > 0) times.get(name)?.push(taken);
  }
rmSync(work, { recursive: true });
const median = (name: string): number =>
  [...(times.get(name) ?? [])].sort((a, b) => a - b)[Math.floor(Number(count) / 2)] ?? 0;
const [peer = ""] = times.keys();
for (const name of times.keys())
  console.log(
    `${(median(name) / median(peer)).toFixed(3).padStart(7)}  ${median(name).toFixed(0).padStart(7)} ms  ${name}`,
  );
