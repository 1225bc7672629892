// `bun tests/bench/push.ts BUNDLE REGISTRY [ROUNDS] [WORK]`: kso push of all images of a bundle into an empty docker-registry, against
// `skopeo copy --all` of the same images, one after another, out of the registry that they came from (REGISTRY is a host with a path
// that holds them by full name: 127.0.0.1:5000). Whole processes in turn; needs Debian's docker-registry and skopeo. Prints medians
// and ratios; never judges.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { freePort } from "../support/containers.ts";
import { binaryFor } from "../support/paths.ts";

const [bundleArg, source, roundsArg = "3", workArg = "/tmp/kso-bench-push"] = process.argv.slice(2);
if (!bundleArg || !source) throw new Error("bun tests/bench/push.ts BUNDLE REGISTRY [ROUNDS] [WORK]");
const bundle = resolve(bundleArg);
const work = resolve(workArg);
const rounds = Number(roundsArg);
const kso = binaryFor("amd64");
const { lock } = openBundle([bundle]);
const port = await freePort();
const host = `127.0.0.1:${port}`;

rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, "home"), { recursive: true });
writeFileSync(
  join(work, "registry.yml"),
  `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${work}/storage, maxthreads: 100 } }
http: { addr: "${host}" }
`,
);

async function emptyRegistry(): Promise<() => Promise<void>> {
  rmSync(join(work, "storage"), { recursive: true, force: true });
  Bun.spawnSync(["sync"]);
  const child = Bun.spawn(["docker-registry", "serve", join(work, "registry.yml")], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  while (!(await fetch(`http://${host}/v2/`).catch(() => undefined))) await Bun.sleep(20);
  return async () => {
    child.kill();
    await child.exited;
  };
}

function run(command: readonly string[]): { seconds: number; megabytes: number } {
  const start = performance.now();
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(work, "home") };
  const { success, stderr, resourceUsage } = Bun.spawnSync([...command], { cwd: work, env, stdout: "ignore" });
  const seconds = (performance.now() - start) / 1000;
  if (!success) throw new Error(`${command.join(" ").slice(0, 300)}: ${stderr.toString().slice(-2000)}`);
  return { seconds, megabytes: (resourceUsage?.maxRSS ?? 0) / 1e6 };
}

const skopeo = [
  ...["sh", "-ec"],
  lock.images
    .map(({ image }) => {
      const options = "-q --all --src-tls-verify=false --dest-tls-verify=false";
      return `skopeo copy ${options} docker://${source}/${image} docker://${host}/${image.replace(/^[^/]*\//, "")}`;
    })
    .join("\n"),
];
const push = [kso, "push", bundle, "--registry", host, "--quiet"];
const seen = new Map<string, { seconds: number; megabytes: number }[]>();
const note = (name: string, result: { seconds: number; megabytes: number }): void =>
  void seen.set(name, [...(seen.get(name) ?? []), result]);

// The first round warms the page cache.
for (let round = 0; round <= rounds; round++) {
  for (const [name, command] of [
    ["skopeo copy --all, one after another", skopeo],
    ["kso push", push],
  ] as const) {
    const stop = await emptyRegistry();
    const result = run(command);
    if (round > 0) note(name, result);
    if (command === push) {
      const again = run(push);
      if (round > 0) note("kso push, nothing missing", again);
    }
    await stop();
  }
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const base = median([...seen.values()][0]?.map(({ seconds }) => seconds) ?? []);
console.log(`\n${lock.images.length} images into an empty docker-registry`);
for (const [name, results] of seen) {
  const seconds = results.map((result) => result.seconds);
  const middle = median(seconds);
  const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
  const peak = Math.max(...results.map(({ megabytes }) => megabytes)).toFixed(0);
  console.log(
    `  ${name.padEnd(40)} ${middle.toFixed(2).padStart(7)} s (${range})  ${(middle / base).toFixed(2)}  ${peak} MB`,
  );
}
rmSync(work, { recursive: true, force: true });
