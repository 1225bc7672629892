// `bun tests/bench/speed.ts`: whole processes, in turn (A B C, A B C, …), as ratios of medians. Prints; never judges.
// With KUBESPRAY_DIR naming a kubespray checkout (and ansible-playbook on the PATH) its own generate_list.sh runs beside.
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/paths.ts";

const work = mkdtempSync(join(tmpdir(), "kso-bench-"));
const rounds = Number(process.argv[2] ?? 20);

function must(command: string[], cwd = root): void {
  const { success, stderr } = Bun.spawnSync(command, { cwd });
  if (!success) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
}

/** kso with one embedded release instead of all: what each further one costs is the difference. */
function buildWithOneRelease(): string {
  const tree = join(work, "one");
  for (const name of ["src", "plugins", "manifests", "build.ts", "package.json", "tsconfig.json", "node_modules"]) {
    cpSync(join(root, name), join(tree, name), { recursive: true });
  }
  const releases = join(tree, "manifests/releases");
  for (const name of readdirSync(releases).sort().slice(0, -1)) rmSync(join(releases, name));
  must(["bun", "build.ts", "amd64"], tree);
  return join(tree, "dist/kso-linux-amd64");
}

writeFileSync(join(work, "empty.ts"), "");
must([
  "bun",
  "build",
  "--compile",
  "--target=bun-linux-x64-baseline",
  join(work, "empty.ts"),
  "--outfile",
  join(work, "empty"),
]);
must(["bun", "build.ts", "amd64"]);
const kso = join(root, "dist/kso-linux-amd64");
const list = ["export", "--format", "list", "--quiet", "-o", join(work, "out")];
const commands: Record<string, string[]> = {
  "an empty compiled program": [join(work, "empty")],
  "kso --version": [kso, "--version"],
  "kso export --format list": [kso, ...list],
  "the same with one embedded release": [buildWithOneRelease(), ...list],
  "the same with the Kubernetes version named": [kso, ...list, "--kube", "1.35.4"],
};
if (process.env.KUBESPRAY_DIR)
  commands["generate_list.sh (one architecture)"] = [
    "bash",
    join(process.env.KUBESPRAY_DIR, "contrib/offline/generate_list.sh"),
  ];

const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, command] of Object.entries(commands)) {
    const start = performance.now();
    must(command);
    // The first round warms the page cache.
    if (round > 0) times.get(name)?.push(performance.now() - start);
  }
}
const median = (name: string): number =>
  [...(times.get(name) ?? [])].sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
for (const name of times.keys()) console.log(`${median(name).toFixed(1).padStart(9)} ms  ${name}`);
const releases = readdirSync(join(root, "manifests/releases")).length;
console.log(
  `--version to an empty program: ${(median("kso --version") / median("an empty compiled program")).toFixed(2)}`,
);
console.log(
  `each further embedded release: ${((median("kso export --format list") - median("the same with one embedded release")) / (releases - 1)).toFixed(3)} ms`,
);
rmSync(work, { recursive: true });
