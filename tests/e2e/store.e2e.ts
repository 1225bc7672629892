// The compiled binary on a store that was damaged, copied, taken away or never there: nothing is sealed that is not what the lock says.
import { describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { image } from "../support/images.ts";
import { auditStore, bulk, type Contents, openSite, type Ran, type Site, start } from "../support/site.ts";
import { overwrite } from "../support/store.ts";

const app = image({
  platforms: {
    "linux/amd64": { layers: [bulk("common", 200_000), bulk("app amd64", 300_000)] },
    "linux/arm64": { layers: [bulk("common", 200_000), bulk("app arm64", 100_000)] },
  },
});
const contents: Contents = {
  files: { "amd64/one": bulk("one", 900_000), "arm64/two": bulk("two", 600_000) },
  images: { "team/app:1": app },
};
const layer = app.platforms["linux/amd64"]?.layers[1]?.digest.slice(7) ?? "";
const formats = ["tarball", "registry", "fetch"];

async function filled(): Promise<Site> {
  const site = await openSite(contents);
  expect(await site.kso("fetch")).toMatchObject({ code: 0 });
  return site;
}

const lockOf = (site: Site): string => readFileSync(join(site.folder, "kso.lock.json"), "utf8");
const blobIn = (site: Site, hex: string): string => join(site.store, "blobs/sha256", hex);
const making = (site: Site, format: string, ...more: string[]): Promise<Ran> =>
  format === "fetch"
    ? site.kso("fetch", ...more)
    : site.kso("export", "--format", format, "-o", join(site.folder, "out"), ...more);

describe.each(formats)("%s", (format) => {
  test.each(["flipped", "cut"])(
    "a %s blob is fetched again, and the lock is what it was",
    async (how) => {
      await using site = await filled();
      const lock = lockOf(site);
      const file =
        readdirSync(join(site.store, "blobs/sha256")).find((hex) => site.pathOf(hex) === "/files.test/amd64/one") ?? "";
      for (const hex of [file, layer])
        if (how === "flipped") overwrite(blobIn(site, hex), new Uint8Array(readFileSync(blobIn(site, hex)).length));
        else truncateSync(blobIn(site, hex), 100);
      const { code, err } = await making(site, format);
      expect({ code, err }).toMatchObject({ code: 0 });
      for (const hex of [file, layer])
        expect(err).toContain(`what the store has as sha256:${hex} is damaged; it is fetched again`);
      expect(err).not.toContain("upstream");
      expect(lockOf(site)).toBe(lock);
      expect(auditStore(site.store).wrong).toEqual([]);
      if (format === "tarball") expect(await start(["verify", "out"], site.folder).ended).toMatchObject({ code: 0 });
    },
    60_000,
  );
});

test("damage that nobody can mend: exit 4, by item and digest; nothing is sealed", async () => {
  await using site = await filled();
  const lock = lockOf(site);
  overwrite(blobIn(site, layer), bulk("other", 300_000));
  await Promise.all([site.upstream.close(), site.registry.close()]);
  const { code, err } = await making(site, "tarball");
  expect({ code, err }).toMatchObject({ code: 4 });
  expect(err).toContain(`what the store has as sha256:${layer} is damaged`);
  expect(readFileSync(join(site.folder, "failures.json"), "utf8")).toContain(`images.test/team/app:1`);
  expect(existsSync(join(site.folder, "out"))).toBeFalse();
  expect(lockOf(site)).toBe(lock);
}, 120_000);

test("a copied store is hashed once, and gives the same bundle without a byte of the network", async () => {
  await using site = await filled();
  expect(await making(site, "tarball")).toMatchObject({ code: 0 });
  const bundle = readFileSync(join(site.folder, "out"));
  const copy = join(site.folder, "copy");
  cpSync(site.store, copy, { recursive: true, preserveTimestamps: true });
  const bodies = await site.bodies();
  const first = await making(site, "tarball", "--store", copy);
  expect(first.err).toMatch(/\d+ blobs of the store \(.*\) changed since they were hashed, or come from elsewhere/);
  const second = await making(site, "tarball", "--store", copy);
  expect(second.err).not.toContain("hashed");
  expect(bodies()).toEqual([]);
  expect(readFileSync(join(site.folder, "out"))).toEqual(bundle);
}, 60_000);

test("hard links that a registry's directory makes to the store cost no second hashing", async () => {
  await using site = await filled();
  for (let times = 0; times < 2; times++) {
    const { code, err } = await making(site, "registry");
    expect({ code, err }).toMatchObject({ code: 0, err: expect.not.stringContaining("hashed") });
  }
  rmSync(join(site.folder, "out"), { recursive: true });
  expect((await making(site, "fetch")).code).toBe(0);
}, 60_000);

test("a full store on a read-only file system is exported from; one that lacks something is refused by name", async () => {
  await using site = await filled();
  const readOnly = join(site.folder, "read-only");
  mkdirSync(readOnly);
  const mounted = Bun.spawnSync([
    "sh",
    "-c",
    `mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"`,
    "-",
    site.store,
    readOnly,
  ]);
  expect(mounted.exitCode).toBe(0);
  try {
    expect(await making(site, "tarball", "--store", readOnly)).toMatchObject({ code: 0 });
    expect(await start(["verify", "out"], site.folder).ended).toMatchObject({ code: 0 });
    expect(await start(["store", "check", "--store", readOnly], site.folder).ended).toMatchObject({ code: 0 });
    rmSync(blobIn(site, layer));
    const { code, err } = await making(site, "tarball", "--store", readOnly);
    expect({ code, err }).toMatchObject({ code: 2 });
    expect(err).toMatch(/Cannot write to the store \S+read-only: the file system is read-only/);
  } finally {
    Bun.spawnSync(["umount", readOnly]);
  }
}, 60_000);

describe("what is no store", () => {
  const places: [place: string, reason: string][] = [
    ["file", "a part of the path is a file"],
    ["file/below", "a part of the path is a file"],
    ["/proc/kso", "Cannot use /proc/kso as the store: "],
  ];
  test.each(places)("%s: exit 2", async (place, reason) => {
    await using site = await openSite(contents);
    writeFileSync(join(site.folder, "file"), "");
    const { code, err } = await site.kso("fetch", "--store", place);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(reason) });
    expect(err).toContain("--store");
  });

  test("check and prune make none", async () => {
    await using site = await openSite(contents);
    for (const command of [["check"], ["prune", "--all"]]) {
      const { code, err } = await start(["store", ...command, "--store", "typo"], site.folder).ended;
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("There is no store at") });
    }
    expect(existsSync(join(site.folder, "typo"))).toBeFalse();
  });

  test("a folder in a blob's place: exit 2, by path", async () => {
    await using site = await filled();
    rmSync(blobIn(site, layer));
    mkdirSync(blobIn(site, layer));
    for (const running of [
      making(site, "tarball"),
      start(["store", "check", "--store", site.store], site.folder).ended,
    ]) {
      const { code, err } = await running;
      expect({ code, err }).toMatchObject({
        code: 2,
        err: expect.stringContaining(`${blobIn(site, layer)} of the store: it is a folder`),
      });
    }
  }, 60_000);
});
