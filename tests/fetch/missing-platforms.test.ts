// Images that lack platforms: by name a failure, by name on record, and never a root without its content in a lock.
import { describe, expect, test } from "bun:test";
import { bench, both, digestOf, file, lockOf, multi, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { image } from "../support/images.ts";

const amd64Only = image({ platforms: { "linux/amd64": { layers: [sample(10)] } } });
const foreign = image({ platforms: { "linux/s390x": { layers: [sample(20)] } } });
const half = "images.test/team/half:1";
const none = "images.test/team/none:1";
const plan = planOf(
  file("one", digestOf(sample(700))),
  pulled("team/half:1"),
  pulled("team/none:1", { name: "none_image" }),
  pulled("team/none:1", { name: "none_again", platforms: ["linux/arm64"] }),
  pulled("team/app:1"),
);

async function lab() {
  const servers = await bench({ one: sample(700) });
  servers.registry.add("team/half", amd64Only, "1");
  servers.registry.add("team/none", foreign, "1");
  servers.registry.add("team/app", multi, "1");
  return servers;
}

describe("a platform that upstream's image lacks", () => {
  test("fails by name with the flag that helps, and everything else is finished", async () => {
    await using servers = await lab();
    const { lock, failures } = await servers.fetch(plan);
    expect(lock).toBeUndefined();
    expect(failures).toEqual([
      {
        kind: "image",
        artifact: half,
        name: "team/half:1",
        component: "test",
        url: half,
        cause: `upstream has nothing for linux/arm64 (it has linux/amd64); --allow-missing ${half} goes on without, on record`,
        attempts: 1,
        allow: `--allow-missing ${half}`,
      },
      expect.objectContaining({
        artifact: none,
        cause: `upstream has nothing for linux/amd64, linux/arm64; --allow-missing ${none} goes on without, on record`,
      }),
    ]);
    expect(servers.store.has({ digest: digestOf(sample(700)), size: 700 })).toBeTrue();
    for (const { layers } of Object.values(multi.platforms))
      for (const layer of layers) expect(servers.store.has(layer)).toBeTrue();
  });

  test.each([[[half, none]], [["team/half:1", "none_again"]], [["test"]]])(
    "%p by name: what there is of it is kept, and what there is nothing of is on record alone",
    async (allowMissing) => {
      await using servers = await lab();
      const lock = lockOf(await servers.fetch(plan, { allowMissing }));
      expect(servers.notes).toEqual([
        `${half}: upstream has nothing for linux/arm64; it goes without, on record`,
        `${none}: upstream has nothing for linux/amd64, linux/arm64; it goes without, on record`,
      ]);
      expect(lock.images.map(({ image: name, platforms, unavailable }) => [name, platforms, unavailable])).toEqual([
        ["images.test/team/app:1", both, undefined as never],
        [half, both, ["linux/arm64"]],
      ]);
      const reason = "upstream's image has none of the chosen platforms (--allow-missing)";
      const record = {
        kind: "image",
        component: "test",
        version: "1",
        locator: none,
        reason,
        included: false,
        allowed: true,
      };
      expect(lock.unavailable).toEqual([
        { ...record, name: "none_image", platform: "linux/amd64" },
        { ...record, name: "none_image", platform: "linux/arm64" },
        { ...record, name: "none_again", platform: "linux/arm64" },
      ] as never);
    },
  );

  test("the exception is for the image that it names, and for no other", async () => {
    await using servers = await lab();
    const { failures } = await servers.fetch(plan, { allowMissing: [half] });
    expect(failures.map(({ artifact }) => artifact)).toEqual([none]);
  });

  test("what is on record stays so with the lock, whatever upstream has by then", async () => {
    await using servers = await lab();
    const lock = lockOf(await servers.fetch(plan, { allowMissing: [half, none] }));
    servers.registry.add("team/none", multi, "1");
    const before = servers.registry.log.length;
    expect(lockOf(await servers.fetch(plan, { lock }))).toEqual(lock);
    expect(servers.registry.log.slice(before).filter((line) => line.includes("team/none"))).toEqual([]);
    // Without the lock (--update), upstream is asked again.
    const images = lockOf(await servers.fetch(plan, { allowMissing: [half] })).images;
    expect(images.map(({ image: name }) => name)).toContain(none);
  });

  test("a lock of an earlier kso that names the root alone: it is put on record and out of the lock", async () => {
    await using servers = await lab();
    const lock = lockOf(await servers.fetch(plan, { allowMissing: [half, none] }));
    const [locked] = lock.images;
    if (!locked) throw new Error("no image");
    const rootOnly = {
      ...locked,
      image: none,
      name: "none_image",
      root: foreign.root,
      blobs: [foreign.root],
      unavailable: both,
    };
    const earlier = { ...lock, images: [...lock.images, rootOnly], unavailable: [] };
    expect(lockOf(await servers.fetch(plan, { lock: earlier }))).toEqual(lock);
  });
});

describe("a platform that upstream's image lacks, of a component that nobody asked for", () => {
  const nobody = {
    ...plan,
    components: [{ component: "test", category: "addon" as const, included: true, reason: "listed" }],
  };
  const record = {
    kind: "image" as const,
    component: "test",
    version: "1",
    reason: "upstream's image has none for this architecture",
    included: false,
  };
  const records = [
    { ...record, name: "team/half:1", platform: "linux/arm64", locator: half },
    { ...record, name: "none_image", platform: "linux/amd64", locator: none },
    { ...record, name: "none_image", platform: "linux/arm64", locator: none },
    { ...record, name: "none_again", platform: "linux/arm64", locator: none },
  ];

  test("is unavailable like a file without an asset: named, on record, and all else is there", async () => {
    await using servers = await lab();
    const lock = lockOf(await servers.fetch(nobody));
    expect(servers.notes).toEqual([
      `${half}: upstream has nothing for linux/arm64; it goes without, on record; nobody asked for test by name`,
      `${none}: upstream has nothing for linux/amd64, linux/arm64; it goes without, on record; nobody asked for test by name`,
    ]);
    expect(lock.unavailable).toEqual(records);
    expect(lock.images.map(({ image: name, platforms, unavailable }) => [name, platforms, unavailable])).toEqual([
      ["images.test/team/app:1", both, undefined as never],
      [half, ["linux/amd64"], undefined as never],
    ]);
  });

  test("stays on record with the lock, is asked for again without it, and fails once somebody asks for it", async () => {
    await using servers = await lab();
    const lock = lockOf(await servers.fetch(nobody));
    servers.registry.add("team/none", multi, "1");
    const before = servers.registry.log.length;
    expect(lockOf(await servers.fetch(nobody, { lock }))).toEqual(lock);
    expect(servers.registry.log.slice(before).filter((line) => line.includes("team/none"))).toEqual([]);
    expect(lockOf(await servers.fetch(nobody)).unavailable).toEqual(records.slice(0, 1));
    const { failures } = await servers.fetch(plan, { lock });
    expect(failures.map(({ artifact, allow }) => [artifact, allow])).toEqual([[half, `--allow-missing ${half}`]]);
  });

  test("is found out before anything large is fetched, and said where it ends the run", async () => {
    await using servers = await lab();
    const { failures } = await servers
      .fetch(plan, {
        beforeDownloads: () => {
          throw new Error(servers.notes.join("\n"));
        },
      })
      .catch((thrown: Error) => ({ failures: thrown.message }));
    expect(failures).toContain(
      `${half}: upstream has nothing for linux/arm64 (it has linux/amd64); --allow-missing ${half}`,
    );
  });

  test("a registry that fails is no registry that lacks it, and neither is an index that lies", async () => {
    await using servers = await lab();
    const { failures } = await servers.fetch({ ...nobody, artifacts: [...nobody.artifacts, pulled("team/gone:1")] });
    expect(failures.map(({ artifact }) => artifact)).toEqual(["images.test/team/gone:1"]);
    const liar = image({
      platforms: {
        "linux/amd64": { layers: [sample(10)] },
        "linux/arm64": { layers: [sample(10)], architecture: "amd64" },
      },
    });
    servers.registry.add("team/half", liar, "1");
    const lying = await servers.fetch(nobody);
    expect(lying.failures.map(({ artifact, cause }) => [artifact, cause])).toEqual([
      [half, expect.stringContaining("what its index calls linux/arm64 is an image for amd64")],
    ] as never);
  });

  test("a mirror with one architecture is not believed before the next one was asked", async () => {
    await using servers = await lab();
    await using other = await lab();
    other.registry.add("team/half", multi, "1");
    const mirrors = new Map([
      ["files.test", [servers.upstream.url]],
      ["images.test", [servers.registry.url, other.registry.url]],
    ]);
    const lock = lockOf(await servers.fetch({ ...nobody, artifacts: [pulled("team/half:1")] }, { mirrors }));
    expect(lock.unavailable).toEqual([]);
    expect(lock.images.map(({ root, platforms }) => [root.digest, platforms])).toEqual([[multi.root.digest, both]]);
  });
});
