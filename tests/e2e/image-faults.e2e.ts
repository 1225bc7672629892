// `--format image` when something goes wrong: bases that cannot be built on, names that collide, a disk that fills, a process
// that is killed or interrupted. What is under the archives' names is whole, or what was there before.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { disk, fill } from "../support/disk.ts";
import { image } from "../support/images.ts";
import { sha } from "../support/seed.ts";
import { bulk, openSite, type Running, type Site } from "../support/site.ts";

const archives = ["kubespray-files.tar", "kubespray-images.tar"];
const both = { "linux/amd64": { layers: [bulk("web", 50_000)] }, "linux/arm64": { layers: [bulk("web arm64", 9000)] } };
let site: Site;

beforeAll(async () => {
  site = await openSite({
    files: {
      "amd64/kubelet": bulk("kubelet amd64", 24_000_000),
      "arm64/kubelet": bulk("kubelet arm64", 9_000_000),
      "amd64/with%2Bplus": bulk("plus", 100),
    },
    images: {
      "team/app:1": image({
        platforms: {
          "linux/amd64": { layers: [bulk("app amd64", 9_000_000)] },
          "linux/arm64": { layers: [bulk("app arm64", 3_000_000)] },
        },
      }),
    },
  });
  const half = image({ platforms: { "linux/amd64": both["linux/amd64"] } });
  const short = image({
    platforms: Object.fromEntries(
      Object.entries(both).map(([platform, held]) => [
        platform,
        { ...held, configuration: { rootfs: { type: "layers", diff_ids: [] } } },
      ]),
    ),
  });
  site.registry.add("images.test/base/web", image({ platforms: both }), "1");
  site.registry.add("images.test/base/half", half, "1");
  site.registry.add("images.test/base/short", short, "1");
});
afterAll(() => site[Symbol.asyncDispose]());

const bases = (flags: readonly string[]): string[] =>
  ["--base-files", "--base-images"].flatMap((flag) => (flags.includes(flag) ? [] : [flag, "images.test/base/web:1"]));
const args = (to: string, ...more: string[]): string[] => [
  ...["export", "--format", "image", "-o", to, ...bases(more), ...more],
];
const run = (to: string, ...more: string[]) => site.kso(...(args(to, ...more) as ["export"]));
const sums = (folder: string): string[] => archives.map((name) => sha(readFileSync(join(folder, name))));

describe("a base", () => {
  test("without a platform is named, with what it has; let through while it is fetched, it is no base all the same", async () => {
    for (const [more, code, words] of [
      [[], 4, "upstream has nothing for linux/arm64 (it has linux/amd64)"],
      [
        ["--allow-missing", "images.test/base/half:1"],
        3,
        "Cannot build on images.test/base/half:1: it has no image for linux/arm64 (it has linux/amd64)",
      ],
    ] as const) {
      const ran = await run("half", "--base-images", "images.test/base/half:1", "--lock", "half.json", ...more);
      expect({ code: ran.code, err: ran.err }).toMatchObject({ code, err: expect.stringContaining(words) });
      expect(existsSync(join(site.folder, "half"))).toBeFalse();
    }
    // For that platform alone it will do.
    expect(
      await run("half", "--base-images", "images.test/base/half:1", "--arch", "amd64", "--lock", "one.json"),
    ).toMatchObject({ code: 0 });
    rmSync(join(site.folder, "half"), { recursive: true });
  });

  test.each([
    ["images.test/base/none:1", 4, /images\.test\/base\/none:1: .*404|images\.test\/base\/none:1: there is no tag/],
    [
      "images.test/base/short:1",
      3,
      /Cannot build on images\.test\/base\/short:1: for linux\/amd64 it has 1 layers, and 0 in its configuration/,
    ],
    [
      `images.test/base/web@${sha(bulk("x", 1))}`,
      2,
      /--base-files wants IMAGE:TAG, not .*: its digest is pinned in the lock/,
    ],
    ["Images.test/base web", 3, /is not an image name/],
  ])("%s is refused", async (name, code, words) => {
    const ran = await run("bad", "--base-files", name, "--lock", "bad.json");
    expect([name, ran.code]).toEqual([name, code]);
    expect(ran.err).toMatch(words);
    expect(ran.err).not.toMatch(/\n\s+at /);
    expect(existsSync(join(site.folder, "bad"))).toBeFalse();
  });

  test("is pinned: a tag that moves changes nothing until it is asked for", async () => {
    expect(await run("pinned", "--lock", "pinned.json")).toMatchObject({ code: 0 });
    const before = sums(join(site.folder, "pinned"));
    const lock = readFileSync(join(site.folder, "pinned.json"), "utf8");
    // The other formats leave the pin in the lock, and the base out of what they write.
    expect(await site.kso("export", "--format", "tarball", "-o", "pinned.tar", "--lock", "pinned.json")).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(site.folder, "pinned.json"), "utf8")).toBe(lock);
    expect(await site.kso("export", "--format", "tarball", "-o", "plain.tar", "--lock", "plain.json")).toMatchObject({
      code: 0,
    });
    expect(sha(readFileSync(join(site.folder, "pinned.tar")))).toBe(sha(readFileSync(join(site.folder, "plain.tar"))));
    const moved = image({ platforms: { ...both, "linux/amd64": { layers: [bulk("moved", 70_000)] } } });
    site.registry.add("images.test/base/web", moved, "1");
    const kept = await run("pinned", "--lock", "pinned.json");
    expect(kept.err).toContain("images.test/base/web:1 now is");
    expect(sums(join(site.folder, "pinned"))).toEqual(before);
    expect(await run("pinned", "--lock", "pinned.json", "--update")).toMatchObject({ code: 0 });
    expect(sums(join(site.folder, "pinned"))).not.toEqual(before);
    site.registry.add("images.test/base/web", image({ platforms: both }), "1");
    for (const name of ["pinned", "pinned.tar", "plain.tar"]) rmSync(join(site.folder, name), { recursive: true });
  });
});

test("two files that a web server would look up under one name are refused before anything is written", async () => {
  await using other = await openSite({ files: { "amd64/a%2Bb": bulk("one", 100), "amd64/a+b": bulk("other", 100) } });
  other.registry.add("images.test/base/web", image({ platforms: both }), "1");
  const mirror = ["--mirror", `images.test=${other.registry.url}/images.test`];
  const ran = await other.kso(...(args("out", ...mirror) as ["export"]));
  expect(ran.code).toBe(3);
  expect(ran.err).toContain('two files are named "files.test/amd64/a+b": https://files.test/amd64/a%2Bb sha256:');
  expect(existsSync(join(other.folder, "out"))).toBeFalse();
});

test("a flag that means nothing here is refused, and so is a place that is no directory", async () => {
  writeFileSync(join(site.folder, "file"), "mine");
  for (const [to, more, words] of [
    ["out", ["--split", "1G"], '--split has no meaning for the format "image"'],
    ["out", ["--copy"], '--copy has no meaning for the format "image"'],
    ["file", [], "Cannot write to file: it is a file; name a directory with -o"],
  ] as const) {
    const ran = await run(to, ...more);
    expect([ran.code, ran.err.includes(words)]).toEqual([2, true]);
  }
  const stray = await site.kso("export", "--format", "tarball", "--base-files", "a:1");
  expect([stray.code, stray.err.includes('--base-files has no meaning for the format "tarball"')]).toEqual([2, true]);
  expect(readFileSync(join(site.folder, "file"), "utf8")).toBe("mine");
});

/** The process, stopped while it writes that archive and so much of it is there; undefined where it was faster. */
async function caught(folder: string, name: string, bytes: number, ...more: string[]): Promise<Running | undefined> {
  const running = site.start(...(args(folder, ...more) as ["export"]));
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  const beside = (): string | undefined =>
    existsSync(folder) ? readdirSync(folder).find((one) => one.startsWith(`.${name}.kso-`)) : undefined;
  while (!over) {
    const found = beside();
    if (found && (statSync(join(folder, found), { throwIfNoEntry: false })?.size ?? 0) >= bytes) {
      running.signal("SIGSTOP");
      const state = (): string => readFileSync(`/proc/${running.pid}/stat`, "utf8").split(") ").at(-1)?.charAt(0) ?? "";
      while (!"TZX".includes(state())) await setImmediate();
      if (beside()) return running;
      running.signal("SIGCONT");
      await running.ended;
      return undefined;
    }
    await setImmediate();
  }
  return undefined;
}

async function surelyCaught(folder: string, name: string, bytes: number, prepare: () => void): Promise<Running> {
  for (;;) {
    prepare();
    const running = await caught(folder, name, bytes);
    if (running) return running;
  }
}

describe("while it writes", () => {
  const folder = (): string => join(site.folder, "out");
  const fresh = (): void => {
    rmSync(folder(), { recursive: true, force: true });
    cpSync(join(site.folder, "earlier"), folder(), { recursive: true });
  };
  let earlier: string[] = [];
  beforeAll(async () => {
    expect(await run("earlier", "--arch", "amd64", "--lock", "earlier.json")).toMatchObject({ code: 0 });
    earlier = sums(join(site.folder, "earlier"));
  });
  const places = [
    ["kubespray-files.tar", 5_000_000],
    ["kubespray-images.tar", 2_000_000],
  ] as const;

  test.each(places)(
    "kill -9 in %s: the names hold the earlier archives, and the next run leaves nothing over",
    async (name, bytes) => {
      const running = await surelyCaught(folder(), name, bytes, fresh);
      expect((await running.kill("SIGKILL")).code).toBe(137);
      expect(sums(folder())).toEqual(earlier);
      expect(readdirSync(folder()).length).toBeGreaterThan(archives.length);
      expect(await run(folder())).toMatchObject({ code: 0 });
      expect(readdirSync(folder()).sort()).toEqual(archives);
      const first = sums(folder());
      expect(await run(folder())).toMatchObject({ code: 0 });
      expect(sums(folder())).toEqual(first);
    },
    60_000,
  );

  test.each(places)(
    "Ctrl-C in %s: nothing is left over, and the names hold the earlier archives",
    async (name, bytes) => {
      const running = await surelyCaught(folder(), name, bytes, fresh);
      running.signal("SIGINT");
      running.signal("SIGCONT");
      const { code, out, err } = await running.ended;
      expect({ code, out }).toEqual({ code: 130, out: "" });
      expect(err).toContain("Interrupted: ");
      expect(sums(folder())).toEqual(earlier);
      expect(readdirSync(folder()).sort()).toEqual(archives);
    },
    60_000,
  );

  test("the disk fills: said by name, nothing is left over, and with room again it is written", async () => {
    using small = disk(site.folder, "small", 100);
    const to = join(small.path, "out");
    const running = await surelyCaught(to, "kubespray-files.tar", 5_000_000, () =>
      rmSync(to, { recursive: true, force: true }),
    );
    const taken = fill(small.path, 1_000_000);
    running.signal("SIGCONT");
    const { code, err } = await running.ended;
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining("no space is left on that file system"),
    });
    expect(err).toContain("kubespray-files.tar");
    expect(readdirSync(small.path)).toEqual(["fill"]);
    rmSync(taken);
    expect(await run(to)).toMatchObject({ code: 0 });
    expect(readdirSync(to).sort()).toEqual(archives);
  }, 60_000);

  test("a disk without room is said before the first byte", async () => {
    using small = disk(site.folder, "tiny", 30);
    const ran = await run(join(small.path, "out"));
    expect({ code: ran.code, err: ran.err }).toMatchObject({
      code: 2,
      err: expect.stringContaining("Not enough room"),
    });
    expect(readdirSync(small.path)).toEqual([]);
  });
});
