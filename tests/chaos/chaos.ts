// Random trouble while kso works, and one undisturbed run at the end: what that makes is to the byte what it makes without trouble.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Random, randomOf } from "../fuzz/random.ts";
import { disk, fill } from "../support/disk.ts";
import { image } from "../support/images.ts";
import { sha } from "../support/seed.ts";
import { type Service, startService } from "../support/service.ts";
import { auditStore, bulk, openSite, type Ran, type Running, type Site, start } from "../support/site.ts";
import { startTarget, type Target } from "../support/target.ts";

/** What is made, and by which flags. The output is `out` in the working directory. */
const jobs = {
  fetch: ["fetch"],
  tarball: ["export", "--format", "tarball", "-o", "out"],
  split: ["export", "--format", "tarball", "--split", "2M", "-o", "out"],
  registry: ["export", "--format", "registry", "-o", "out"],
  push: ["push", "reference.tar"],
  serve: ["serve", "reference.tar"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Job = keyof typeof jobs;

const troubles = ["kill", "interrupt", "terminate", "cut", "full disk", "two at once", "clock"] as const;
type Trouble = (typeof troubles)[number];

/** What went wrong, in words; how much was tried. */
export interface ChaosReport {
  readonly rounds: number;
  readonly troubles: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

const kubelet = bulk("kubelet amd64", 6_000_000);

/** A site whose outcome without trouble is known. */
interface Bench {
  readonly site: Site;
  readonly random: Random;
  readonly expected: ReadonlyMap<Job, string>;
  /** Of each job, the digest of every file that it makes, by its path. */
  readonly files: ReadonlyMap<Job, ReadonlyMap<string, string>>;
  /** Bytes that a run without an earlier one takes over the network. */
  readonly traffic: number;
  readonly lock: string;
}

/** Makes trouble for so many seconds. `tell` hears of each round. */
export async function chaos(seed: number, seconds: number, tell: (line: string) => void): Promise<ChaosReport> {
  await using site = await chaosSite();
  const bench = await measured(site, randomOf(seed));
  const counts: Record<string, number> = {};
  const faults: string[] = [];
  const end = performance.now() + seconds * 1000;
  let rounds = 0;
  for (; performance.now() < end; rounds++) {
    const job = bench.random.pick(Object.keys(jobs) as Job[]);
    const chosen = Array.from({ length: 1 + bench.random.below(3) }, () => bench.random.pick(troubles));
    for (const trouble of chosen) counts[`${job}, ${trouble}`] = (counts[`${job}, ${trouble}`] ?? 0) + 1;
    const fault = await roundOf(job)(bench, chosen);
    const words = `round ${rounds}: ${job} under ${chosen.join(", ")}`;
    tell(`${words}: ${fault ?? "as without"}`);
    if (fault !== undefined) faults.push(`${words}: ${fault}`);
  }
  return { rounds, troubles: counts, faults };
}

type Round = (bench: Bench, chosen: readonly Trouble[]) => Promise<string | undefined>;

function roundOf(job: Job): Round {
  if (job === "push") return pushRound;
  return job === "serve" ? serveRound : (bench, chosen) => round(bench, job, chosen);
}

async function chaosSite(): Promise<Site> {
  const layers = (name: string): Uint8Array[] => [bulk("common", 300_000), bulk(name, 900_000)];
  const both = (name: string) =>
    image({
      platforms: {
        "linux/amd64": { layers: layers(`${name} amd64`) },
        "linux/arm64": { layers: layers(`${name} arm64`) },
      },
    });
  return await openSite({
    files: {
      "amd64/kubelet": kubelet,
      "arm64/kubelet": bulk("kubelet arm64", 3_000_000),
      "amd64/small": bulk("small", 20_000),
    },
    images: { "team/app:1": both("app"), "team/web:2": both("web") },
  });
}

async function measured(site: Site, random: Random): Promise<Bench> {
  const expected = new Map<Job, string>();
  const files = new Map<Job, ReadonlyMap<string, string>>();
  let traffic = 0;
  for (const job of ["fetch", "tarball", "split", "registry"] as const) {
    clean(site);
    const ran = await run(site, job).ended;
    if (ran.code !== 0) throw new Error(`${job} fails without trouble: ${ran.err}`);
    traffic ||= site.gate.passed;
    files.set(job, filesOf(site));
    expected.set(job, outcomeOf(site));
  }
  const lock = readFileSync(join(site.folder, "kso.lock.json"), "utf8");
  const reference = await site.kso("export", "--format", "tarball", "-o", "reference.tar");
  if (reference.code !== 0) throw new Error(reference.err);
  await using target = await startTarget();
  await pushTo(site, target).ended;
  expected.set("push", stateOf(target));
  await using service = await startService(site.folder, [join(site.folder, "reference.tar")]);
  expected.set("serve", await servedBy(service));
  return { site, random, expected, files, traffic, lock };
}

const run = (site: Site, job: Job, more: readonly string[] = []): Running =>
  site.start(jobs[job][0], ...jobs[job].slice(1), ...more);
const pushTo = (site: Site, target: Target): Running =>
  start([...jobs.push, "--registry", `http://${target.host}`], site.folder);

function clean(site: Site): void {
  for (const name of readdirSync(site.folder))
    if (name !== "lab" && name !== "reference.tar") rmSync(join(site.folder, name), { recursive: true, force: true });
  site.gate.reset();
}

/** The digests of all files that a job has made, by their paths; what is being written beside them is none. */
function filesOf(site: Site): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const visit = (path: string): void => {
    const stat = lstatSync(path);
    if (stat.isDirectory()) visitAll(path);
    else {
      const bytes = stat.isSymbolicLink() ? Buffer.from(readlinkSync(path)) : readFileSync(path);
      files.set(path.slice(site.folder.length), sha(bytes));
    }
  };
  const visitAll = (folder: string, others: readonly string[] = []): void => {
    for (const name of readdirSync(folder).sort())
      if (!(name.startsWith(".") || name.includes(".kso-") || others.includes(name))) visit(join(folder, name));
  };
  visitAll(site.folder, ["lab", "store", "reference.tar", "failures.json"]);
  return files;
}

/** One text for all that a job has made. */
function outcomeOf(site: Site): string {
  return JSON.stringify([...filesOf(site)]);
}

async function round(bench: Bench, job: Job, chosen: readonly Trouble[]): Promise<string | undefined> {
  const { site } = bench;
  const whole = bench.files.get(job);
  clean(site);
  for (const trouble of chosen) {
    site.gate.reset();
    const ended = await disturbed(bench, job, trouble);
    for (const { code, err } of ended) {
      if (![0, 2, 4, 6, 130, 137, 143].includes(code)) return `exit code ${code}: ${err}`;
      if (/\n\s+at |TypeError|unexpected: /.test(err)) return `a stack trace: ${err}`;
    }
    const { wrong } = auditStore(site.store);
    if (wrong.length > 0) return `wrong bytes in the store: ${wrong.join(", ")}`;
    const half = [...filesOf(site)].filter(([path, digest]) => whole?.get(path) !== digest);
    if (half.length > 0) return `not whole under its final name: ${half.map(([path]) => path).join(", ")}`;
  }
  site.gate.reset();
  const { code, err } = await run(site, job).ended;
  if (code !== 0) return `the undisturbed run ends with ${code}: ${err}`;
  return judged(bench, job);
}

async function judged({ site, expected, lock }: Bench, job: Job): Promise<string | undefined> {
  if (readFileSync(join(site.folder, "kso.lock.json"), "utf8") !== lock) return "another lock than without";
  const left = readdirSync(site.folder).filter((name) => name.includes(".kso-"));
  if (left.length > 0) return `left over: ${left.join(", ")}`;
  if (outcomeOf(site) !== expected.get(job))
    return `another outcome than without: ${readdirSync(site.folder).join(", ")}`;
  const checked = await start(["store", "check", "--store", site.store], site.folder).ended;
  return checked.code === 0 ? undefined : `kso store check ends with ${checked.code}: ${checked.err}`;
}

const signals = { kill: "SIGKILL", interrupt: "SIGINT", terminate: "SIGTERM" } as const;

/** Runs the job and makes trouble at a random place of its traffic, or later. @returns how the runs ended. */
async function disturbed({ site, random, traffic }: Bench, job: Job, trouble: Trouble): Promise<Ran[]> {
  const place = random.below(traffic);
  if (trouble === "full disk") return await onFullDisk(site, job, place);
  if (trouble === "clock") return [await atAnotherTime(site, job, random)];
  const running = run(site, job);
  if (trouble === "two at once") return await Promise.all([running.ended, run(site, job).ended]);
  if (trouble === "cut") for (let at = place; at < traffic; at += 1 + random.below(traffic)) site.gate.at(at, "cut");
  else if (random.oneIn(2)) await whileSealing(site, running, signals[trouble]);
  else if (random.oneIn(3)) await afterEvents(running, random.below(40), signals[trouble]);
  else site.gate.at(place, () => running.signal(signals[trouble]));
  return [await running.ended];
}

/** As soon as something is being written beside the output. */
async function whileSealing(site: Site, running: Running, signal: NodeJS.Signals): Promise<void> {
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  const isSealing = (): boolean => readdirSync(site.folder).some((name) => name.startsWith(".out.kso-"));
  while (!(over || isSealing())) await nextTurn();
  running.signal(signal);
}

async function afterEvents(running: Running, count: number, signal: NodeJS.Signals): Promise<void> {
  const timer = Promise.withResolvers<void>();
  // There are no events without --json: a moment of the run, whichever it is.
  setTimeout(timer.resolve, count * 25);
  await Promise.race([timer.promise, running.ended]);
  running.signal(signal);
}

/** The store's file system is full at a place of the traffic; with room again the same run goes on there. */
async function onFullDisk(site: Site, job: Job, place: number): Promise<Ran[]> {
  const ran: Ran[] = [];
  {
    using small = disk(site.folder, "small", 60);
    const store = join(small.path, "store");
    let taken = "";
    site.gate.at(place, () => {
      taken = fill(small.path, 300_000);
    });
    ran.push(await run(site, job, ["--store", store]).ended);
    rmSync(taken, { force: true });
    site.gate.reset();
    ran.push(await run(site, job, ["--store", store]).ended);
    const { wrong } = auditStore(store);
    if (wrong.length > 0) throw new Error(`wrong bytes on the full disk: ${wrong.join(", ")}`);
  }
  rmSync(join(site.folder, "small"), { recursive: true, force: true });
  return ran;
}

/** The clock stands years away, in either direction. */
async function atAnotherTime(site: Site, job: Job, random: Random): Promise<Ran> {
  const library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
  if (!existsSync(library)) throw new Error("libfaketime is not there: install Debian's libfaketime");
  const [command, ...words] = jobs[job];
  // The day that the lock names stays the same.
  const environment = {
    LD_PRELOAD: library,
    FAKETIME: random.pick(["-9y", "+9y", "-1d", "+3h"]),
    SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000)),
  };
  return await start([command, ...site.flags, "--store", site.store, ...words], site.folder, environment).ended;
}

/** What a registry holds. */
function stateOf(target: Target): string {
  return JSON.stringify(Object.entries(target.tags).sort());
}

async function pushRound({ site, random, expected }: Bench, chosen: readonly Trouble[]): Promise<string | undefined> {
  await using target = await startTarget();
  for (const trouble of chosen) {
    if (trouble === "cut") target.fault(/^(?:PATCH|PUT|POST)/, { swallow: random.below(500_000) }, { mute: true });
    const running = pushTo(site, target);
    if (trouble in signals) await afterEvents(running, random.below(12), signals[trouble as keyof typeof signals]);
    const { err } = await running.ended;
    if (/\n\s+at |TypeError|unexpected: /.test(err)) return `a stack trace: ${err}`;
    if (target.halfTagged.length > 0) return `tags that lead to what is not there: ${target.halfTagged.join(", ")}`;
  }
  const { code, err } = await pushTo(site, target).ended;
  if (code !== 0) return `the undisturbed push ends with ${code}: ${err}`;
  return stateOf(target) === expected.get("push") ? undefined : "the registry holds something else than without";
}

/** What a server answers, all of it. */
async function servedBy({ files, registry }: Service): Promise<string> {
  const hash = createHash("sha256");
  for (const path of [`${files}/health`, `${files}/k8s/files.test/amd64/kubelet`, `${registry}/v2/_catalog`]) {
    const response = await fetch(path);
    hash.update(`${response.status} `).update(new Uint8Array(await response.arrayBuffer()));
  }
  return hash.digest("hex");
}

async function serveRound({ site, random, expected }: Bench, chosen: readonly Trouble[]): Promise<string | undefined> {
  const bundle = join(site.folder, "reference.tar");
  for (const trouble of chosen) {
    await using service = await startService(site.folder, [bundle]);
    // Clients that take no notice of what becomes of their answer.
    const leaving = new AbortController();
    const asked = Array.from({ length: 6 }, async () => {
      const options = { signal: leaving.signal };
      const response = await fetch(`${service.files}/k8s/files.test/amd64/kubelet`, options);
      const bytes = new Uint8Array(await response.arrayBuffer());
      return response.status !== 200 || !Buffer.from(bytes).equals(kubelet);
    });
    if (trouble in signals) service.signal(signals[trouble as keyof typeof signals]);
    else if (random.oneIn(2)) leaving.abort();
    const wrong = (await Promise.allSettled(asked)).filter((one) => one.status === "fulfilled" && one.value);
    if (wrong.length > 0) return "an answer that is whole and wrong";
  }
  await using service = await startService(site.folder, [bundle]);
  return (await servedBy(service)) === expected.get("serve") ? undefined : "it serves something else than before";
}
