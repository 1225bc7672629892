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
