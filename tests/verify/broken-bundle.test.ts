// Bytes that changed on the way: whatever bit flips and wherever the archive is cut, it is reported or refused, never passed.
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { openBundle } from "../../src/bundle/open.ts";
import { sampleLock, sampleOptions } from "../support/bundle.ts";
import { sealed, verifying } from "../support/sealed.ts";
import { noise } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

/** As small as a bundle with everything in it can be, so that metadata is hit as often as content. */
async function small(folder: string): Promise<string> {
  const sample = sampleLock(join(folder, "blobs"), {
    files: [
      ["dl.k8s.io/kubeadm", noise("kubeadm", 700)],
      ["dl.k8s.io/long/".concat("x".repeat(220)), noise("long", 10)],
    ],
    images: [["registry.k8s.io/pause:3.10", "pause"]],
  });
  return (await sealed(folder, "bundle.tar", { sample })).path;
}

test("every flipped bit is found", async () => {
  using folder = temporary();
  const path = await small(folder.path);
  const bytes = readFileSync(path);
  const damaged = join(folder.path, "damaged.tar");
  expect((await verifying([path])).problems).toEqual([]);
  const flip = async (at: number, bit: number): Promise<void> => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] as number) ^ (1 << bit);
    writeFileSync(damaged, copy);
    const { ok, problems } = await verifying([damaged]);
    expect([at, bit, ok, problems.length > 0]).toEqual([at, bit, false, true]);
    for (const { item, message } of problems) expect([item, message]).not.toContain("");
  };
  // Every header: what a checksum forgives in itself is where a bit could hide.
  const headers = [...(openBundle([path]).archives[0]?.entries.values() ?? [])].map(({ offset }) => offset - 512);
  for (const start of headers.slice(0, 3))
    for (let at = 148; at < 156; at++) for (let bit = 0; bit < 8; bit++) await flip(start + at, bit);
  await fc.assert(fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), flip), {
    numRuns: 250,
    examples: [
      [0, 0],
      [bytes.length - 1, 7],
      [bytes.length - 1024, 0],
    ],
  });
}, 60_000);

test("wherever it is cut, it is refused and the place is named", async () => {
  using folder = temporary();
  const path = await small(folder.path);
  const bytes = readFileSync(path);
  const cut = join(folder.path, "cut.tar");
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async (length) => {
      writeFileSync(cut, bytes.subarray(0, length));
      const { ok, problems } = await verifying([cut]);
      expect(ok).toBeFalse();
      expect(problems[0]).toMatchObject({ what: "structure", item: cut });
      expect(problems[0]?.message).toMatch(/byte \d+/);
    }),
    { numRuns: 100, examples: [[1], [511], [512], [bytes.length - 512], [bytes.length - 1]] },
  );
}, 60_000);

test("entries before the damage are verified", async () => {
  using folder = temporary();
  const path = await small(folder.path);
  const bytes = readFileSync(path);
  const [layer] = openBundle([path]).archives;
  const blobs = [...(layer?.entries.values() ?? [])].filter(
    ({ name, type }) => name.startsWith("blobs/") && type === "file",
  );
  const [first, second, third] = blobs;
  if (!(first && second && third)) throw new Error("too few blobs");
  bytes[first.offset] = (bytes[first.offset] as number) ^ 1;
  bytes[third.offset - 300] = 1;
  writeFileSync(path, bytes);
  const { problems, notes, counts } = await verifying([path]);
  expect(problems.map(({ what, item }) => [what, item])).toEqual([
    ["structure", path],
    ["digest", first.name],
  ]);
  expect(problems[0]?.message).toContain(`at byte ${third.offset - 512}`);
  expect(notes.map(({ message }) => message).join()).toContain("1 of their 2 blobs are sound");
  expect(counts.blobs).toBe(2);
});

test("in volumes the one to replace is named, and replacing it alone is enough", async () => {
  using folder = temporary();
  const files = [["dl.k8s.io/large", noise("large", 2_500_000)] as const, ...sampleOptions().files];
  const sample = sampleLock(join(folder.path, "blobs"), { files });
  const { path } = await sealed(folder.path, "bundle.tar", { split: 1 << 20, sample });
  expect((await verifying([path], { deep: true })).problems).toEqual([]);
  const volumes = openBundle([path]).archives[0]?.volumes ?? [];
  expect(volumes.length).toBe(3);
  const total = volumes.reduce((sum, { size }) => sum + size, 0);
  // Where the lock begins: a lock that cannot be read says nothing of volumes.
  const lock = openBundle([path]).archives[0]?.entries.get("kso/lock.json")?.offset ?? 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(total - 1), fc.nat(7), async (place, bit) => {
      const volume = volumes[Math.floor(place / (1 << 20))];
      if (!volume) throw new Error("no such volume");
      const before = readFileSync(volume.path);
      const after = Buffer.from(before);
      after[place % (1 << 20)] = (after[place % (1 << 20)] as number) ^ (1 << bit);
      writeFileSync(volume.path, after);
      const { problems } = await verifying([path]);
      writeFileSync(volume.path, before);
      const named = problems.filter(({ what }) => what === "volume").map(({ item }) => item);
      expect([place, bit, ...named]).toEqual([place, bit, volume.path.slice(folder.path.length + 1)]);
      expect(problems.length).toBeGreaterThan(1);
    }),
    {
      numRuns: 30,
      examples: [
        [lock, 0],
        [0, 0],
        [total - 1, 0],
      ],
    },
  );
  expect((await verifying([path])).ok).toBeTrue();
}, 60_000);

test("an index of volumes with a wrong digest is found with --deep", async () => {
  using folder = temporary();
  const files = [["dl.k8s.io/large", noise("large", 1_500_000)] as const];
  const sample = sampleLock(join(folder.path, "blobs"), { files });
  const { path } = await sealed(folder.path, "bundle.tar", { split: 1 << 20, sample });
  const index = `${path}.volumes.json`;
  writeFileSync(index, readFileSync(index, "utf8").replace(/sha256:[0-9a-f]{8}/, "sha256:00000000"));
  const { problems } = await verifying([path], { deep: true });
  expect(problems.map(({ what, item }) => [what, item])).toEqual([["volume", "bundle.tar.001"]]);
});
