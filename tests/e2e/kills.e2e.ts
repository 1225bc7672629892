// The compiled binary, killed at any moment and interrupted by the user: what is under a digest is that digest, what is under
// the output's name is whole, and the next run goes on where this one stopped.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { image } from "../support/images.ts";
import { auditStore, bulk, openSite, type Ran, type Running, type Site, seeded } from "../support/site.ts";

/** Rounds of each loop. */
const rounds = 25;

let site: Site;
let lock: string;
let bundle: Buffer;
/** Another bundle of kso's: what others wrote is not replaced. */
let earlier: Buffer;
/** What a run without an earlier one takes over the network, and the events that it tells. */
let traffic: number;
let events: number;

beforeAll(async () => {
  const layers = (name: string): Uint8Array[] => [bulk("common", 400_000), bulk(name, 1_500_000)];
  const app = image({
    platforms: { "linux/amd64": { layers: layers("app amd64") }, "linux/arm64": { layers: layers("app arm64") } },
  });
  const web = image({
    platforms: { "linux/amd64": { layers: layers("web amd64") }, "linux/arm64": { layers: layers("web arm64") } },
  });
  site = await openSite({
    files: {
      "amd64/kubelet": bulk("kubelet amd64", 24_000_000),
      "arm64/kubelet": bulk("kubelet arm64", 9_000_000),
      "amd64/etcd": bulk("etcd", 3_000_000),
      "amd64/small": bulk("small", 20_000),
    },
    images: { "team/app:1": app, "team/web:2": web },
  });
  const ran = await site.kso("export", "--format", "tarball", "-o", "reference.tar", "--json");
  expect(ran).toMatchObject({ code: 0 });
  lock = readFileSync(join(site.folder, "kso.lock.json"), "utf8");
  bundle = readFileSync(join(site.folder, "reference.tar"));
  traffic = site.gate.passed;
  events = ran.out.split("\n").length;
  const less = ["--arch", "arm64", "-o", "earlier.tar", "--lock", "earlier.json"];
  expect(await site.kso("export", "--format", "tarball", ...less)).toMatchObject({ code: 0 });
  earlier = readFileSync(join(site.folder, "earlier.tar"));
}, 60_000);
afterAll(() => site[Symbol.asyncDispose]());

/** An empty store, no lock, and perhaps a bundle of before. */
function fresh(withEarlier = false): void {
  for (const name of [site.store, ...["kso.lock.json", "b.tar"].map((one) => join(site.folder, one))])
    rmSync(name, { recursive: true, force: true });
  if (withEarlier) writeFileSync(join(site.folder, "b.tar"), earlier);
  site.gate.reset();
}

const beside = (): string[] => readdirSync(site.folder).filter((name) => name.startsWith(".b.tar.kso-"));

/** Resolves when so much of the archive has been written, or the run is over. */
async function sealing(running: Running, bytes: number): Promise<boolean> {
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  while (!over) {
    const [name] = beside();
    if (name && (statSync(join(site.folder, name), { throwIfNoEntry: false })?.size ?? 0) >= bytes) return true;
    await setImmediate();
  }
  return false;
}

/** Stops the process in the middle of sealing; false where it was faster. */
async function caughtSealing(running: Running): Promise<boolean> {
  if (!(await sealing(running, 1))) return false;
  running.signal("SIGSTOP");
  const state = (): string => readFileSync(`/proc/${running.pid}/stat`, "utf8").split(") ").at(-1)?.charAt(0) ?? "";
  while (!"TZX".includes(state())) await setImmediate();
  return beside().length > 0;
}

/** A run that is killed: at a place in the traffic, at an event, or at a place in the archive. */
async function killed(random: () => number, kind: "traffic" | "event" | "archive", args: string[]): Promise<Ran> {
  const share = random();
  const running = site.start(args[0] as string, ...args.slice(1), "--json");
  if (kind === "traffic") {
    site.gate.reset();
    site.gate.at(Math.floor(share * traffic), () => running.kill("SIGKILL"));
  } else if (kind === "event") await running.event((_, index) => index >= Math.floor(share * (events - 2)));
  else await sealing(running, Math.floor(share * bundle.length));
  return kind === "traffic" ? await running.ended : await running.kill("SIGKILL");
}

function expectWholeStore(): void {
  expect(auditStore(site.store).wrong).toEqual([]);
}

/** The run to the end: right bytes, nothing asked for that was here, nothing left over. */
async function expectFinish(args: string[]): Promise<void> {
  site.gate.reset();
  const there = existsSync(join(site.store, "blobs/sha256")) ? readdirSync(join(site.store, "blobs/sha256")) : [];
  const bodies = await site.bodies();
  const { code, err } = await site.kso(args[0] as string, ...args.slice(1));
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(readFileSync(join(site.folder, "kso.lock.json"), "utf8")).toBe(lock);
  const again = bodies();
  expect(again.filter((path) => there.some((hex) => path.endsWith(hex) || path === site.pathOf(hex)))).toEqual([]);
  expect(again.filter((path, index) => again.indexOf(path) < index)).toEqual([]);
  expectWholeStore();
  // A note without its bytes may stay.
  expect(readdirSync(join(site.store, "partial")).filter((name) => !name.endsWith(".json"))).toEqual([]);
}

describe("kill -9", () => {
  test("at any moment of a fetch: no blob is wrong, and the next run finishes", async () => {
    const random = seeded(1);
    for (let round = 0; round < rounds; round++) {
      fresh();
      // Several times in a row: what was left over once is left over again.
      for (let times = 1 + Math.floor(random() * 2); times > 0; times--) {
        const { code } = await killed(random, round % 3 === 2 ? "event" : "traffic", ["fetch"]);
        if (round % 3 !== 2 && times === 2) expect(code).toBe(137);
        expectWholeStore();
        const path = join(site.folder, "kso.lock.json");
        if (existsSync(path)) expect(readFileSync(path, "utf8")).toBe(lock);
      }
      await expectFinish(["fetch"]);
    }
  }, 120_000);

  test("at any moment of an export: the name holds the earlier bundle or the new one, whole", async () => {
    const random = seeded(2);
    const args = ["export", "--format", "tarball", "-o", "b.tar"];
    let unfinished = 0;
    for (let round = 0; round < rounds; round++) {
      fresh(round % 2 === 0);
      const kinds = ["traffic", "event", "archive", "archive"] as const;
      const { code } = await killed(random, kinds[round % 4] as "archive", args);
      expectWholeStore();
      const there = existsSync(join(site.folder, "b.tar")) ? readFileSync(join(site.folder, "b.tar")) : undefined;
      const known = there === undefined || there.equals(earlier) || there.equals(bundle);
      expect([round, known]).toEqual([round, true]);
      if (round % 2 === 0) expect(there).toBeDefined();
      if (code === 137 && beside().length > 0) unfinished++;
      await expectFinish(args);
      expect(readFileSync(join(site.folder, "b.tar")).equals(bundle)).toBeTrue();
      expect(readdirSync(site.folder).filter((name) => name.includes(".kso-"))).toEqual([]);
    }
    // Otherwise nothing was killed while it sealed, and this says nothing.
    expect(unfinished).toBeGreaterThan(0);
  }, 120_000);

  test("in the middle of a large file: the next run asks for the rest of it", async () => {
    fresh();
    const running = site.start("fetch", "--jobs", "1");
    site.gate.at(20_000_000, async () => {
      await site.landed(8_000_000);
      await running.kill("SIGKILL");
    });
    expect((await running.ended).code).toBe(137);
    const left = Math.max(
      ...readdirSync(join(site.store, "partial")).map((name) => statSync(join(site.store, "partial", name)).size),
    );
    expect(left).toBeLessThan(24_000_000);
    const before = site.upstream.requests.length;
    await expectFinish(["fetch", "--jobs", "1"]);
    const asked = site.upstream.requests.slice(before).filter(({ method }) => method === "GET");
    const large = asked.filter(({ path }) => path.endsWith("amd64/kubelet"));
    expect(large.map(({ status, headers }) => [status, headers["range"]])).toEqual([[206, `bytes=${left}-`]]);
  });
});

describe("Ctrl-C", () => {
  const args = ["export", "--format", "tarball", "-o", "b.tar"];
  /** A hang is looked for, and not slowness: a body that stalls is waited for half a minute. Milliseconds. */
  const bound = 20_000;

  async function expectStopped(running: Running, since: number): Promise<void> {
    const { code, out, err } = await running.ended;
    expect(performance.now() - since).toBeLessThan(bound);
    expect({ code, out }).toEqual({ code: 130, out: "" });
    expect(err).toContain("Interrupted: ");
    expect(err).toContain(`kept in ${site.store}; run the same command again to go on`);
    expect(err).not.toMatch(/\n\s+at /);
    expectWholeStore();
  }

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s while it fetches", async (signal) => {
    for (const command of [["fetch"], args]) {
      fresh(command === args);
      const running = site.start(command[0] as string, ...command.slice(1));
      let since = 0;
      // From here on no byte comes: the end must not wait for one.
      site.gate.at(traffic / 2, async () => {
        since = performance.now();
        running.signal(signal);
        await running.ended;
      });
      await expectStopped(running, since || performance.now());
      expect(existsSync(join(site.folder, "kso.lock.json"))).toBeFalse();
      if (command === args) expect(readFileSync(join(site.folder, "b.tar")).equals(earlier)).toBeTrue();
      expect(beside()).toEqual([]);
      await expectFinish(command);
    }
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s while it seals", async (signal) => {
    fresh(true);
    let running = site.start(args[0] as string, ...args.slice(1));
    while (!(await caughtSealing(running))) {
      running.signal("SIGCONT");
      await running.ended;
      fresh(true);
      running = site.start(args[0] as string, ...args.slice(1));
    }
    const since = performance.now();
    running.signal(signal);
    running.signal("SIGCONT");
    await expectStopped(running, since);
    expect(beside()).toEqual([]);
    expect(readFileSync(join(site.folder, "b.tar")).equals(earlier)).toBeTrue();
    await expectFinish(args);
    expect(readFileSync(join(site.folder, "b.tar")).equals(bundle)).toBeTrue();
  });

  test("a second signal ends it at once", async () => {
    fresh();
    const running = site.start("fetch");
    const reached = Promise.withResolvers<void>();
    site.gate.at(traffic / 2, () => {
      running.signal("SIGSTOP");
      reached.resolve();
      return running.ended;
    });
    await reached.promise;
    // Both are there when it wakes up.
    running.signal("SIGINT");
    running.signal("SIGTERM");
    const since = performance.now();
    running.signal("SIGCONT");
    expect((await running.ended).code).toBe(130);
    expect(performance.now() - since).toBeLessThan(bound);
    expectWholeStore();
    await expectFinish(["fetch"]);
  });
});
