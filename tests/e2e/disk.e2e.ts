// The compiled binary where room is short and company is there: full disks under the store and under the output, and several
// processes that fill one store at a time.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { disk, fill } from "../support/disk.ts";
import { image } from "../support/images.ts";
import { auditStore, bulk, type Contents, openSite, start } from "../support/site.ts";

const app = image({
  platforms: {
    "linux/amd64": { layers: [bulk("common", 2_000_000), bulk("app amd64", 3_000_000)] },
    "linux/arm64": { layers: [bulk("common", 2_000_000), bulk("app arm64", 1_000_000)] },
  },
});
const layers = Object.values(app.platforms).flatMap((one) => one.layers.map(({ digest }) => digest));
const contents: Contents = {
  files: {
    "amd64/one": bulk("one", 9_000_000),
    "arm64/two": bulk("two", 6_000_000),
    "amd64/small": bulk("small", 9000),
  },
  images: {
    "team/app:1": app,
  },
};
const tarball = ["export", "--format", "tarball"] as const;

describe("a full disk", () => {
  test("under the store, known beforehand: refused with the figures before the first byte", async () => {
    await using site = await openSite(contents);
    using small = disk(site.folder, "small", 40);
    const bodies = await site.bodies();
    const { code, err } = await site.kso("fetch", "--store", small.path);
    expect({ code, err }).toMatchObject({ code: 2 });
    expect(err).toMatch(
      /Not enough room for the store in \S+small: 21\.0 MB are needed and 4\d\.\d MB are free; .*--store/,
    );
    // Only what tells how much there is was asked for.
    expect(bodies().filter((path) => !path.includes("/blobs/"))).toEqual([]);
    expect(existsSync(join(site.folder, "kso.lock.json"))).toBeFalse();
  });

  test("under the store, on the way: what has arrived is kept, and with room again only the rest is fetched", async () => {
    await using site = await openSite(contents);
    using small = disk(site.folder, "small", 80);
    const store = join(small.path, "store");
    const running = site.start("fetch", "--store", store, "--jobs", "1");
    let taken = "";
    // Somebody else writes to that disk, too.
    site.gate.at(1_000_000, () => {
      taken = fill(small.path, 7_000_000);
    });
    const { code, err } = await running.ended;
    expect({ code, err }).toMatchObject({ code: 4 });
    expect(err).toContain("no space is left on that file system; free some space or name another one with --store");
    expect(err).not.toMatch(/\n\s+at /);
    const failures = JSON.parse(readFileSync(join(site.folder, "failures.json"), "utf8"));
    expect(failures[0].cause).toContain("no space is left");
    expect(auditStore(store).wrong).toEqual([]);
    expect(existsSync(join(site.folder, "kso.lock.json"))).toBeFalse();

    rmSync(taken);
    const there = new Set(readdirSync(join(store, "blobs/sha256")));
    const bodies = await site.bodies();
    expect(await site.kso("fetch", "--store", store)).toMatchObject({ code: 0 });
    const hex = (path: string): string => path.split(":").at(-1) ?? "";
    expect(bodies().filter((path) => there.has(hex(path)))).toEqual([]);
    expect(auditStore(store).wrong).toEqual([]);
    expect(existsSync(join(site.folder, "failures.json"))).toBeFalse();
  }, 30_000);

  test("under the output, known beforehand: nothing is fetched, and the earlier bundle stays", async () => {
    await using site = await openSite(contents);
    using small = disk(site.folder, "small", 40);
    const output = join(small.path, "b.tar");
    writeFileSync(output, "an earlier bundle"); // which kso did not write
    const bodies = await site.bodies();
    const { code, err } = await site.kso(...tarball, "-o", output, "--force");
    expect({ code, err }).toMatchObject({ code: 2 });
    expect(err).toMatch(/Not enough room for the bundle in \S+small: 21\.\d MB are needed/);
    expect(bodies().filter((path) => !path.includes("/blobs/"))).toEqual([]);
    expect(readdirSync(small.path)).toEqual(["b.tar"]);
    expect(readFileSync(output, "utf8")).toBe("an earlier bundle");
  });

  test("under the output, filled while it fetches: nothing is left over, and with room again nothing is fetched", async () => {
    await using site = await openSite(contents);
    using small = disk(site.folder, "small", 80);
    const output = join(small.path, "b.tar");
    const running = site.start(...tarball, "-o", output, "--jobs", "1");
    let taken = "";
    site.gate.at(1_000_000, () => {
      taken = fill(small.path, 5_000_000);
    });
    const { code, err } = await running.ended;
    expect({ code, err }).toMatchObject({ code: 2 });
    expect(err).toContain(`Cannot write to ${output}: `);
    expect(readdirSync(small.path)).toEqual(["fill"]);
    rmSync(taken);
    const bodies = await site.bodies();
    expect(await site.kso(...tarball, "-o", output)).toMatchObject({ code: 0 });
    expect(bodies()).toEqual([]);
    expect(await start(["verify", output], site.folder).ended).toMatchObject({ code: 0 });
  }, 30_000);

  test("a delta needs room for what is new, and no more", async () => {
    await using site = await openSite(contents);
    expect(await site.kso("fetch")).toMatchObject({ code: 0 });
    using small = disk(site.folder, "small", 36);
    const output = join(small.path, "delta.tar");
    expect(await site.kso(...tarball, "-o", output)).toMatchObject({ code: 2 });
    const { code, err } = await site.kso(...tarball, "-o", output, "--base", "kso.lock.json");
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(readdirSync(small.path)).toEqual(["delta.tar"]);
  });
});

test("what cannot be written is known before anything is fetched", async () => {
  await using site = await openSite(contents);
  const bodies = await site.bodies();
  for (const [more, reason] of [
    [["-o", join(site.folder, "nowhere/b.tar")], "does not exist; create it first"],
    [["-o", "b.tar", "--lock", join(site.folder, "nowhere/l.json")], "does not exist; create it first"],
    [["-o", site.folder], "it is a directory"],
    [["-o", "/dev/null"], "it is not a file"],
    [["-o", "b.tar", "--split", "10k"], "a volume holds at least 1 MiB"],
  ] as const) {
    const { code, err } = await site.kso(...tarball, ...more);
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
  }
  expect(bodies()).toEqual([]);
});

describe("several processes and one store", () => {
  test("the same plan at the same time: each blob travels once, and all end well with the same lock", async () => {
    await using site = await openSite(contents);
    const bodies = await site.bodies();
    const go = Promise.withResolvers<void>();
    const pace = async (sent: number): Promise<void> => (sent < 4_000_000 ? undefined : await go.promise);
    site.upstream.script("/files.test/amd64/one", "none", { fault: "drip", size: 500_000, pace });
    const locks = [1, 2, 3].map((number) => join(site.folder, `${number}.json`));
    const start = (lock: string | undefined) => site.start("fetch", "--jobs", "1", "--json", "--lock", lock as string);
    const runs = [start(locks[0])];
    await site.landed(3_000_000);
    // The others know by then what is to do, and begin with the largest file too.
    for (const lock of locks.slice(1)) {
      const other = start(lock);
      runs.push(other);
      await other.event(({ event }) => event === "expect");
    }
    go.resolve();
    for (const { ended } of runs) expect(await ended).toMatchObject({ code: 0 });
    expect(new Set(locks.map((lock) => readFileSync(lock, "utf8"))).size).toBe(1);
    // Configurations are read by each of them: they are small.
    const large = bodies().filter(
      (path) => path.startsWith("/files.test/") || layers.some((hex) => path.endsWith(hex)),
    );
    expect(large.filter((path, at) => large.indexOf(path) < at)).toEqual([]);
    expect(large).toHaveLength(6);
    expect(auditStore(site.store)).toMatchObject({ wrong: [] });
    expect(readdirSync(join(site.store, "partial")).filter((name) => !name.endsWith(".json"))).toEqual([]);
  }, 30_000);

  test("one dies in the middle: the other goes on with what it left", async () => {
    await using site = await openSite(contents);
    const never = new Promise<void>(() => undefined);
    const pace = async (sent: number): Promise<void> => (sent < 4_000_000 ? undefined : await never);
    site.upstream.script("/files.test/amd64/one", "none", { fault: "drip", size: 500_000, pace });
    const first = site.start("fetch", "--jobs", "1", "--lock", join(site.folder, "first.json"));
    await site.landed(3_000_000);
    const second = site.start("fetch", "--lock", join(site.folder, "second.json"), "--json");
    // By then it has met the other one, which has the largest file.
    await second.event(({ event }) => event === "begin");
    expect((await first.kill("SIGKILL")).code).toBe(137);
    expect(await second.ended).toMatchObject({ code: 0 });
    const asked = site.upstream.requests.filter(({ method, path }) => method === "GET" && path.endsWith("/one"));
    expect(asked.map(({ status }) => status)).toEqual([200, 206]);
    expect(auditStore(site.store)).toMatchObject({ wrong: [] });
  }, 30_000);

  test("pruning waits for whoever is at work", async () => {
    await using site = await openSite(contents);
    const running = site.start("fetch");
    let pruned: { code: number; err: string } | undefined;
    site.gate.at(5_000_000, async () => {
      pruned = await start(["store", "prune", "--all", "--store", site.store], site.folder).ended;
    });
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(pruned).toMatchObject({ code: 2, err: expect.stringContaining("Another kso is at work") });
    expect(auditStore(site.store).count).toBeGreaterThan(0);
    expect(await start(["store", "prune", "--all", "--store", site.store], site.folder).ended).toMatchObject({
      code: 0,
    });
    expect(auditStore(site.store).count).toBe(0);
  });
});
