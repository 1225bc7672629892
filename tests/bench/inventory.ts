// `bun tests/bench/inventory.ts CHECKOUT [ROUNDS]`: the plan of a checkout for one host, and for 1,000 hosts in 20 groups: alike, with a
// variable of each host's own, and with a file of variables for each. Whole processes, in turn, as ratios of medians. Prints; never judges.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plant } from "../support/checkout.ts";
import { root } from "../support/paths.ts";

const [checkout, count = "3"] = process.argv.slice(2);
if (checkout === undefined) throw new Error("Name a kubespray checkout: bun tests/bench/inventory.ts DIR [ROUNDS]");
const work = mkdtempSync(join(tmpdir(), "kso-bench-"));
const names = Array.from({ length: 1000 }, (_, index) => `node${index + 1}`);

/** An inventory of hosts in kubespray's groups and twenty racks. */
function inventoryOf(hosts: readonly string[], variables: (host: string, index: number) => string): string {
  const racks = Array.from({ length: 20 }, (_, rack) => {
    const own = hosts.filter((_host, index) => index % 20 === rack);
    return own.length > 0 ? `[rack${rack + 1}]\n${own.join("\n")}\n` : "";
  });
  const all = hosts.map((host, index) => `${host} ${variables(host, index)}`.trim()).join("\n");
  const [first = ""] = hosts;
  return `${all}
[kube_control_plane]
${first}
[etcd:children]
kube_control_plane
[kube_node]
${hosts.join("\n")}
[k8s_cluster:children]
kube_control_plane
kube_node
${racks.join("")}`;
}

const groupVars = { "group_vars/all.yml": "a: 1\n", "group_vars/rack1.yml": "rack: one\n" };
const own = (_: string, index: number): string =>
  `ansible_host=10.0.${Math.floor(index / 250)}.${index % 250} label=l${index}`;
const sites: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "one host": { "hosts.ini": inventoryOf(names.slice(0, 1), own), ...groupVars },
  "1,000 hosts": { "hosts.ini": inventoryOf(names, () => ""), ...groupVars },
  "1,000 hosts, each with variables of its own": { "hosts.ini": inventoryOf(names, own), ...groupVars },
  "1,000 hosts, each with a file of variables": {
    "hosts.ini": inventoryOf(names, () => ""),
    ...groupVars,
    ...Object.fromEntries(names.map((name, index) => [`host_vars/${name}.yml`, `ip: 10.1.${index % 250}.1\n`])),
  },
};

function must(command: readonly string[]): number {
  const start = performance.now();
  const { success, stderr } = Bun.spawnSync([...command]);
  if (!success) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  return performance.now() - start;
}

must(["bun", join(root, "build.ts"), "amd64"]);
const kso = join(root, "dist/kso-linux-amd64");
const times = new Map<string, number[]>();
for (const [name, files] of Object.entries(sites)) {
  const folder = join(work, name.replaceAll(/\W+/g, "-"));
  mkdirSync(folder);
  plant(folder, files);
  times.set(name, []);
}
// The first round warms the page cache.
for (let round = 0; round <= Number(count); round++)
  for (const [name, taken] of times) {
    const inventory = join(work, name.replaceAll(/\W+/g, "-"), "hosts.ini");
    const plan = [
      "resolve",
      "--json",
      "--quiet",
      "--arch",
      "amd64",
      "--kubespray-dir",
      checkout,
      "--inventory",
      inventory,
    ];
    const time = must([kso, ...plan]);
    if (round > 0) taken.push(time);
  }
rmSync(work, { recursive: true });
const median = (name: string): number =>
  [...(times.get(name) ?? [])].sort((a, b) => a - b)[Math.floor(Number(count) / 2)] ?? 0;
for (const name of times.keys())
  console.log(
    `${(median(name) / median("one host")).toFixed(2).padStart(6)}  ${median(name).toFixed(0).padStart(6)} ms  ${name}`,
  );
