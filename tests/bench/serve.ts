// `bun tests/bench/serve.ts BUNDLE FILES REGISTRY [ROUNDS] [WORK]`: kso against nginx and docker-registry, which have the same
// content unpacked: FILES is a tree `<host>/<path>`, REGISTRY docker-registry's own storage with `<host>/<repository>` in it.
// Needs wrk, nginx, docker-registry, curl. Whole processes in turn (A B, A B, …), medians; prints figures and ratios, never judges.
// ONLY=index,config,layer,large,4k,fair,start picks some; KSO_SERVE_FLAGS are further flags for kso serve.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { sampleLock } from "../support/bundle.ts";
import { freePort } from "../support/containers.ts";
import { binaryFor } from "../support/paths.ts";
import { sealed } from "../support/sealed.ts";
import { noise } from "../support/seed.ts";

const [bundle, files, registry, roundsArg = "3", workArg = "/tmp/kso-bench-serve"] = process.argv.slice(2);
if (!bundle || !files || !registry) throw new Error("bun tests/bench/serve.ts BUNDLE FILES REGISTRY [ROUNDS] [WORK]");
const rounds = Number(roundsArg);
const work = resolve(workArg);
const kso = binaryFor("amd64");
const seconds = 4;
mkdirSync(work, { recursive: true });

interface Peer {
  readonly name: string;
  readonly url: string;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}
interface Figures {
  readonly rate: number;
  readonly gigabytes: number;
  readonly cpu: number;
  readonly peak: number;
  readonly errors: string;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}
const cpuOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /, "").split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
const peakOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const [, kilobytes = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return sum + Number(kilobytes) / 1000;
  }, 0);

async function started(name: string, command: readonly string[], url: string): Promise<Peer> {
  const child = Bun.spawn([...command], { stdio: ["ignore", "ignore", Bun.file(join(work, `${name}.log`))] });
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await fetch(url).catch(() => undefined)) {
      const pids = [child.pid, ...childrenOf(child.pid)];
      return {
        name,
        url,
        pids,
        stop: async () => {
          child.kill("SIGTERM");
          await child.exited;
        },
      };
    }
    await Bun.sleep(25);
  }
  child.kill("SIGKILL");
  throw new Error(`${name} does not answer: ${readFileSync(join(work, `${name}.log`), "utf8")}`);
}

const sample = sampleLock(join(work, "blobs"), {
  files: [["small.example/4k", noise("4k", 4096)]],
  images: [],
});
const small = (await sealed(work, "small.tar", { sample })).path;
mkdirSync(join(work, "tree/small.example"), { recursive: true });
writeFileSync(join(work, "tree/small.example/4k"), noise("4k", 4096));

async function startKso(): Promise<Peer> {
  const port = await freePort();
  const at = `127.0.0.1:${port}`;
  const more = (process.env["KSO_SERVE_FLAGS"] ?? "").split(" ").filter(Boolean);
  return await started(
    "kso",
    [kso, "serve", bundle as string, small, "--files", at, "--registry", at, ...more],
    `http://${at}`,
  );
}
async function startNginx(): Promise<Peer> {
  const port = await freePort();
  writeFileSync(
    join(work, "nginx.conf"),
    `daemon off; worker_processes 2; pid ${work}/nginx.pid; error_log ${work}/nginx.err;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=1000;
  server { listen 127.0.0.1:${port}; root ${resolve(files as string)};
    location /small.example/ { root ${work}/tree; } } }
`,
  );
  return await started("nginx", ["/usr/sbin/nginx", "-c", join(work, "nginx.conf")], `http://127.0.0.1:${port}`);
}
async function startRegistry(): Promise<Peer> {
  const port = await freePort();
  writeFileSync(
    join(work, "registry.yml"),
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${resolve(registry as string)} }, maintenance: { readonly: { enabled: true } } }
http: { addr: "127.0.0.1:${port}" }
`,
  );
  return await started(
    "registry",
    ["docker-registry", "serve", join(work, "registry.yml")],
    `http://127.0.0.1:${port}/v2/`,
  );
}

function wrk(peer: Peer, path: string, connections: number, headers: readonly string[]): Figures {
  const before = cpuOf(peer.pids);
  const url = new URL(path, peer.url).href;
  const flags = headers.flatMap((header) => ["-H", header]);
  const ran = Bun.spawnSync(["wrk", "-t2", `-c${connections}`, `-d${seconds}s`, "--timeout", "60s", ...flags, url]);
  const text = ran.stdout.toString();
  const cpu = cpuOf(peer.pids) - before;
  const [, rate = "0"] = /Requests\/sec:\s+([\d.]+)/.exec(text) ?? [];
  const [, amount = "0", unit = "B"] = /requests in [\d.]+\w+, ([\d.]+)(\w+) read/.exec(text) ?? [];
  const scale = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }[unit] ?? 0;
  const gigabytes = (Number(amount) * scale) / 1e9;
  const errors = [...text.matchAll(/(Socket errors.*|Non-2xx.*)/g)].map(([line]) => line).join(" ");
  return { rate: Number(rate), gigabytes, cpu, peak: peakOf(peer.pids), errors };
}

/** So many clients at once, each the whole file: how long each took. */
async function together(
  peer: Peer,
  path: string,
  clients: number,
): Promise<{ wall: number; fastest: number; slowest: number }> {
  const url = new URL(path, peer.url).href;
  const start = performance.now();
  const times = await Promise.all(
    Array.from({ length: clients }, async () => {
      const child = Bun.spawn(["curl", "-sf", "-o", "/dev/null", url]);
      if ((await child.exited) !== 0) throw new Error(`${peer.name}: a client failed`);
      return (performance.now() - start) / 1000;
    }),
  );
  return { wall: (performance.now() - start) / 1000, fastest: Math.min(...times), slowest: Math.max(...times) };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function compare(
  title: string,
  start: () => Promise<Peer>,
  paths: { readonly peer: string; readonly own: string },
  connections: number,
  bytes: boolean,
  headers: readonly string[] = [],
): Promise<void> {
  const seen = new Map<string, Figures[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [starter, path] of [
      [start, paths.peer],
      [startKso, paths.own],
    ] as const) {
      const peer = await starter();
      wrk(peer, path, connections, headers);
      const figures = wrk(peer, path, connections, headers);
      seen.set(peer.name, [...(seen.get(peer.name) ?? []), figures]);
      await peer.stop();
    }
  }
  console.log(`\n${title}, ${connections} connections`);
  const value = (all: readonly Figures[]): number =>
    median(all.map(({ rate, gigabytes }) => (bytes ? gigabytes / seconds : rate)));
  const base = value([...seen.values()][0] ?? []);
  for (const [name, all] of seen) {
    const amount = value(all);
    const perGb = median(all.map(({ cpu, gigabytes }) => cpu / gigabytes));
    const peak = Math.max(...all.map(({ peak }) => peak));
    console.log(
      `  ${name.padEnd(10)} ${bytes ? `${amount.toFixed(2)} GB/s` : `${amount.toFixed(0)}/s`}  ratio ${(amount / base).toFixed(2)}  ${perGb.toFixed(3)} s CPU per GB  ${peak.toFixed(0)} MB ${all.at(-1)?.errors ?? ""}`,
    );
  }
}

const { lock } = openBundle([bundle]);
const image = lock.images.find(({ root }) => root.mediaType.includes("index") || root.mediaType.includes("list"));
if (!image) throw new Error("The bundle has no image index");
const [repository, tag] = [image.image.slice(0, image.image.lastIndexOf(":")), image.image.split(":").at(-1)];
const blobs = lock.images.flatMap(({ image: name, blobs: all }) =>
  all.map((blob) => ({ name: name.slice(0, name.lastIndexOf(":")), ...blob })),
);
const layers = blobs.filter(({ mediaType }) => mediaType.includes("layer") || mediaType.includes("rootfs"));
const layer = layers.toSorted((a, b) => Math.abs(a.size - 49e6) - Math.abs(b.size - 49e6))[0];
const config = blobs.find(({ mediaType }) => mediaType.includes("config") || mediaType.includes("container.image"));
const large = lock.files.toSorted((a, b) => b.size - a.size)[0];
if (!layer || !config || !large) throw new Error("The bundle lacks what is to be measured");
const same = (path: string) => ({ peer: path, own: path });
const accept = [`Accept: ${image.root.mediaType}`];
const only = process.env["ONLY"] ?? "";
const wants = (name: string): boolean => only === "" || only.split(",").includes(name);

if (wants("index"))
  await compare("Image index by tag", startRegistry, same(`/v2/${repository}/manifests/${tag}`), 64, false, accept);
if (wants("config"))
  await compare(
    `Blob of ${config.size} bytes`,
    startRegistry,
    same(`/v2/${config.name}/blobs/${config.digest}`),
    64,
    false,
  );
for (const connections of [4, 64]) {
  if (wants("layer"))
    await compare(
      `Layer of ${layer.size} bytes`,
      startRegistry,
      same(`/v2/${layer.name}/blobs/${layer.digest}`),
      connections,
      true,
    );
  if (wants("large"))
    await compare(`File of ${large.size} bytes`, startNginx, same(`/${large.path}`), connections, true);
}
if (wants("4k")) await compare("File of 4096 bytes", startNginx, same("/small.example/4k"), 64, false);
if (wants("fair")) {
  console.log(`\n64 clients at once, each the whole of ${large.size} bytes`);
  for (let round = 0; round < rounds; round++)
    for (const starter of [startNginx, startKso]) {
      const peer = await starter();
      const { wall, fastest, slowest } = await together(peer, `/${large.path}`, 64);
      console.log(
        `  ${peer.name.padEnd(10)} ${((64 * large.size) / 1e9 / wall).toFixed(2)} GB/s  first done ${fastest.toFixed(1)} s  last ${slowest.toFixed(1)} s  ${peakOf(peer.pids).toFixed(0)} MB`,
      );
      await peer.stop();
    }
}
if (wants("start")) {
  const times: number[] = [];
  for (let round = 0; round < Math.max(5, rounds); round++) {
    const start = performance.now();
    const peer = await startKso();
    times.push(performance.now() - start);
    await peer.stop();
  }
  console.log(`\nStarted and answering: ${median(times).toFixed(0)} ms (polled every 25 ms)`);
}
rmSync(work, { recursive: true, force: true });
