// `bun tests/bench/versus.ts OLD NEW UPSTREAM FILES-URL REGISTRY-URL [CHECKOUT] [ROUNDS]`: two builds of kso in turn (A B, B A, …), whole
// processes: start-up, plans, fetch, sealing, verify, push and serve. UPSTREAM is a folder with files.json and images.json, served at the
// two addresses; CHECKOUT a kubespray checkout. Needs docker-registry and wrk. Prints new/old of medians; never judges. ONLY=a,b runs the rows
// whose names contain one of these words.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { freePort } from "../support/containers.ts";
import { labFlags } from "../support/lab.ts";

const [before, after, upstreamArg, files, registry, checkout, roundsArg = "5"] = process.argv.slice(2);
if (!before || !after || !upstreamArg || !files || !registry)
  throw new Error("bun tests/bench/versus.ts OLD NEW UPSTREAM FILES-URL REGISTRY-URL [CHECKOUT] [ROUNDS]");
const upstream = resolve(upstreamArg);
const builds = [resolve(before), resolve(after)] as const;
const rounds = Number(roundsArg);
const only = (process.env["ONLY"] ?? "").split(",").filter(Boolean);
const work = "/tmp/kso-bench-versus";
const at = (...names: string[]): string => join(work, ...names);
rmSync(work, { recursive: true, force: true });
mkdirSync(at("home"), { recursive: true });
const env = { PATH: process.env["PATH"] ?? "", HOME: at("home") };

/** What the processor did for the last command, in seconds: it wavers less than the clock on a busy machine. */
let lastProcessorTime = 0;

function seconds(command: readonly string[], cwd = work): number {
  const start = performance.now();
  const { success, stderr, resourceUsage } = Bun.spawnSync([...command], { cwd, env, stdout: "ignore" });
  const taken = (performance.now() - start) / 1000;
  lastProcessorTime = Number(resourceUsage.cpuTime.total) / 1e6;
  if (!success) throw new Error(`${command.join(" ").slice(0, 300)}: ${stderr.toString().slice(-2000)}`);
  return taken;
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const empty = (...names: string[]): void => {
  for (const name of names) rmSync(at(name), { recursive: true, force: true });
};

/** Measures both builds in turn, the first of a round changing; what is measured is seconds, or for `rate` something of which more is better. */
async function row(
  name: string,
  measure: (kso: string) => number | Promise<number>,
  { times = rounds, rate = false }: { times?: number; rate?: boolean } = {},
): Promise<void> {
  if (only.length > 0 && !only.some((word) => name.includes(word))) return;
  const results: [number[], number[]] = [[], []];
  const processor: [number[], number[]] = [[], []];
  // The first round warms the page cache.
  for (let round = 0; round <= times; round++)
    for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      Bun.spawnSync(["sync"]);
      const result = await measure(builds[index]);
      if (round === 0) continue;
      results[index].push(result);
      processor[index].push(lastProcessorTime);
    }
  const [old, now] = [median(results[0]), median(results[1])];
  const figures = rate ? [old.toFixed(0), now.toFixed(0), "/s"] : [old.toFixed(3), now.toFixed(3), " s"];
  const ratio = rate ? old / now : now / old;
  const load = rate ? "" : `, processor ${(median(processor[1]) / median(processor[0])).toFixed(3)}`;
  console.log(
    `${ratio.toFixed(3).padStart(7)}  ${figures[0]}${figures[2]} → ${figures[1]}${figures[2]}  ${name}${load}`,
  );
}

await row("--version", (kso) => seconds([kso, "--version"]), { times: 30 });
await row("export --format list", (kso) => seconds([kso, "export", "--format", "list", "--quiet", "-o", at("list")]), {
  times: 30,
});
await row("components", (kso) => seconds([kso, "components", "--json", "--quiet"]), { times: 20 });
if (checkout) {
  const inventory = at("inventory");
  mkdirSync(inventory);
  const groups = ["kube_control_plane", "etcd", "kube_node"].map((group) => `[${group}]\nnode[1:3]\n`).join("");
  writeFileSync(join(inventory, "inventory.ini"), `${groups}[k8s_cluster:children]\nkube_control_plane\nkube_node\n`);
  const plan = ["resolve", "--json", "--quiet", "--kubespray-dir", resolve(checkout)];
  await row("resolve from a checkout", (kso) => seconds([kso, ...plan]), { times: 15 });
  await row("resolve for an inventory", (kso) => seconds([kso, ...plan, "--inventory", inventory]), { times: 15 });
}

const lab = (kind?: "files" | "images"): string[] =>
  labFlags(upstream, at(`plugin-${kind ?? "all"}`), { files, registry }, kind);
const fetching = (store: string, flags: readonly string[]): string[] => [
  ...["fetch", "--quiet", "--store", at(store), "--lock", at(`${store}.lock.json`)],
  ...flags,
];
for (const kind of ["files", "images"] as const)
  await row(`fetch, ${kind}`, (kso) => {
    empty(kind);
    return seconds([kso, ...fetching(kind, [...lab(kind), "--update"])]);
  });
empty("files", "images");
const all = lab();
seconds([builds[0], ...fetching("all", all)]);
await row("fetch, nothing to do", (kso) => seconds([kso, ...fetching("all", all)]), { times: 15 });
const seal = (output: string): string[] => [
  ...["export", "--format", "tarball", "--quiet", "-o", at(output), "--store", at("all")],
  ...["--lock", at("all.lock.json"), ...all],
];
seconds([builds[0], ...seal("bundle.tar")]);
await row("sealing", (kso) => {
  empty("sealed.tar");
  return seconds([kso, ...seal("sealed.tar")]);
});
empty("sealed.tar");
await row("verify", (kso) => seconds([kso, "verify", "--quiet", at("bundle.tar")]));

const port = await freePort();
const host = `127.0.0.1:${port}`;
writeFileSync(
  at("registry.yml"),
  `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${at("storage")}, maxthreads: 100 } }
http: { addr: "${host}" }
`,
);
async function answering(command: readonly string[], url: string): Promise<() => Promise<void>> {
  const child = Bun.spawn([...command], { env, stdio: ["ignore", "ignore", "ignore"] });
  // It may end instead of answering: then nothing is waited for.
  while (!(await fetch(url).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`${command.join(" ")} ended with ${child.exitCode}`);
    await Bun.sleep(20);
  }
  return async () => {
    child.kill("SIGTERM");
    await child.exited;
  };
}
const push = (kso: string): string[] => [kso, "push", at("bundle.tar"), "--registry", host, "--quiet"];
await row("push into an empty registry", async (kso) => {
  empty("storage");
  const stop = await answering(["docker-registry", "serve", at("registry.yml")], `http://${host}/v2/`);
  const taken = seconds(push(kso));
  await stop();
  return taken;
});
const stopRegistry = await answering(["docker-registry", "serve", at("registry.yml")], `http://${host}/v2/`);
seconds(push(builds[0]));
await row("push, nothing missing", (kso) => seconds(push(kso)));
await stopRegistry();

const { lock } = openBundle([at("bundle.tar")]);
const image = lock.images[0];
const blobs = lock.images
  .flatMap(({ image, blobs }) => blobs.map((blob) => ({ ...blob, image })))
  .sort((a, b) => a.size - b.size);
const file = lock.files.toSorted((a, b) => b.size - a.size)[0];
const repositoryOf = (name: string): string => name.replace(/[:@].*$/, "");
const [name = "", tag = ""] = image?.image.split(/:(?=[^/]*$)/) ?? [];
const small = blobs[0];
const large = blobs.at(-1);
const accept =
  "accept: application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json";
const paths = {
  "serve, index by tag": `/v2/${name}/manifests/${tag}`,
  "serve, smallest blob": `/v2/${repositoryOf(small?.image ?? "")}/blobs/${small?.digest}`,
  "serve, largest layer": `/v2/${repositoryOf(large?.image ?? "")}/blobs/${large?.digest}`,
  "serve, largest file": `/k8s/${file?.path}`,
};
for (const [title, path] of Object.entries(paths))
  await row(
    title,
    async (kso) => {
      const address = `127.0.0.1:${await freePort()}`;
      const stop = await answering(
        [kso, "serve", at("bundle.tar"), "--files", address, "--registry", address],
        `http://${address}/health`,
      );
      const ran = Bun.spawnSync(["wrk", "-t1", "-c16", "-d3s", "-H", accept, `http://${address}${path}`]);
      await stop();
      const text = ran.stdout.toString();
      const [, rate = "0"] = /Requests\/sec:\s+([\d.]+)/.exec(text) ?? [];
      if (Number(rate) === 0 || text.includes("Non-2xx")) throw new Error(text);
      return Number(rate);
    },
    { rate: true },
  );
rmSync(work, { recursive: true, force: true });
console.log(readFileSync("/proc/loadavg", "utf8").trim());
