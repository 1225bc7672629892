// What everything that holds blobs on this machine keeps, in every form: whole, in parts, missing, and cut behind its back.
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { globSync } from "tinyglobby";
import { openBundle } from "../../src/bundle/open.ts";
import type { BlobSource, Descriptor } from "../../src/core/descriptor.ts";
import { type Digest, digestParts } from "../../src/core/digest.ts";
import { blobsOf } from "../../src/core/lock.ts";
import { readExtents, readWhole, sliceExtents, streamExtents, totalLength } from "../../src/files/extents.ts";
import { sliceFile } from "../../src/runtime/slice.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { openStore } from "../../src/store/store.ts";
import { type Sample, sampleLock, sampleOptions } from "../support/bundle.ts";
import { root } from "../support/paths.ts";
import { sealed } from "../support/sealed.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(1);
afterAll(() => hashing.close());

/** Every source that there is, in every form: opens one in a folder, with the blobs of a sample. */
const sources: readonly (readonly [
  name: string,
  type: string,
  open: (folder: string, sample: Sample) => Promise<BlobSource>,
])[] = [
  ["a store", "Store", storeOf],
  ["a bundle", "Bundle", async (folder, sample) => openBundle([await seal(folder, { sample })])],
  [
    "a bundle in volumes",
    "Bundle",
    async (folder, sample) => openBundle([await seal(folder, { sample, split: 1 << 20 })]),
  ],
  [
    "an unpacked bundle",
    "Bundle",
    async (folder, sample) => openBundle([unpacked(folder, await seal(folder, { sample }))]),
  ],
  ["a delta on its base", "Bundle", stackOf],
];

test("every type of src that is a blob source runs these tests", () => {
  const types = globSync("src/**/*.ts", { cwd: root }).flatMap((path) =>
    [
      ...readFileSync(join(root, path), "utf8").matchAll(
        /(?:interface (\w+) extends|class (\w+)[^{]* implements)[^{]*\bBlobSource\b/g,
      ),
    ].map(([, ofInterface, ofClass]) => ofInterface ?? ofClass),
  );
  expect(types.sort()).toEqual([...new Set(sources.map(([, type]) => type))].sort());
});

async function storeOf(folder: string, { lock, pathOf }: Sample): Promise<BlobSource> {
  const store = openStore(join(folder, "store"), hashing);
  for (const blob of blobsOf(lock)) await store.put(blob, readFileSync(pathOf(blob.digest)));
  return store;
}

async function seal(folder: string, options: NonNullable<Parameters<typeof sealed>[2]>): Promise<string> {
  return (await sealed(folder, "bundle.tar", options)).path;
}

function unpacked(folder: string, path: string): string {
  const tree = join(folder, "tree");
  mkdirSync(tree);
  expect(spawnSync("tar", ["xf", path, "-C", tree]).status).toBe(0);
  return tree;
}

/** A part of the blobs is in the base. */
async function stackOf(folder: string, sample: Sample): Promise<BlobSource> {
  const { files, images } = sample.lock;
  const base = { ...sample, lock: { ...sample.lock, files: files.slice(1), images: images.slice(1) } };
  const below = await sealed(folder, "base.tar", { sample: base });
  const delta = await sealed(folder, "delta.tar", { sample, base: { lock: base.lock } });
  return openBundle([delta.path, below.path]);
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

/** Larger than a volume and than a chunk. */
const large = noise("large", 1_500_000);

describe.each(sources)("%s", (_, __, open) => {
  let folder: ReturnType<typeof temporary>;
  let source: BlobSource;
  let blobs: readonly Descriptor[];
  beforeEach(async () => {
    folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"), {
      files: [["dl.k8s.io/large", large], ["dl.k8s.io/empty", new Uint8Array(0)], ...sampleOptions().files],
    });
    blobs = blobsOf(sample.lock);
    source = await open(folder.path, sample);
  });
  afterEach(() => folder[Symbol.dispose]());

  test("has every blob whole, at once and as a stream, within files that are there", async () => {
    expect(blobs.length).toBeGreaterThan(10);
    for (const { digest, size } of blobs) {
      const extents = source.locate(digest) ?? [];
      expect([digest, totalLength(extents)]).toEqual([digest, size]);
      for (const { path, offset, length } of extents)
        expect(statSync(path).size).toBeGreaterThanOrEqual(offset + length);
      expect(sha(readWhole(extents, size))).toBe(digest);
      expect(sha(await collected(readExtents(extents)))).toBe(digest);
      expect(sha(await collected(streamExtents(extents, sliceFile)))).toBe(digest);
    }
  });

  test("has any part of a blob", async () => {
    const extents = source.locate(sha(large)) ?? [];
    await fc.assert(
      fc.asyncProperty(fc.nat(large.length + 10), fc.nat(large.length + 10), async (offset, length) => {
        const part = sliceExtents(extents, offset, length);
        const expected = large.slice(offset, offset + length);
        expect(totalLength(part)).toBe(expected.length);
        expect(sha(readWhole(part, large.length))).toBe(sha(expected));
        expect(sha(await collected(streamExtents(part, sliceFile)))).toBe(sha(expected));
      }),
      {
        numRuns: 15,
        examples: [
          [0, large.length],
          [0, 0],
          [large.length, 1],
          [large.length - 1, 1],
          [(1 << 20) - 1, 2],
        ],
      },
    );
  });

  test("has an empty blob, which is not a missing one", () => {
    const extents = source.locate(sha(new Uint8Array(0)));
    expect(extents).toBeDefined();
    expect(readWhole(extents ?? [], 0)).toHaveLength(0);
  });

  test("says of a blob that it lacks that it is not there", () => {
    const { hex } = digestParts(sha(large));
    const others: Digest[] = [`sha256:${"0".repeat(64)}`, `sha512:${hex}${hex}`];
    for (const digest of others) expect(source.locate(digest)).toBeUndefined();
  });

  test("gives an error, and never less, where a file was cut since", async () => {
    const extents = source.locate(sha(large)) ?? [];
    const last = extents.at(-1);
    if (!last) throw new Error("there is no such blob");
    const end = last.offset + last.length - 1;
    truncateSync(last.path, end);
    const cut = { code: "unexpected", message: `${last.path} ends at byte ${end}: it was changed while it was read` };
    expect(() => readWhole(extents, large.length)).toThrow(expect.objectContaining(cut));
    await expect(collected(readExtents(extents))).rejects.toMatchObject(cut);
    await expect(collected(streamExtents(extents))).rejects.toMatchObject(cut);
  });

  test("refuses to read more at once than is allowed", () => {
    const extents = source.locate(sha(large)) ?? [];
    expect(() => readWhole(extents, large.length - 1)).toThrow("bytes where at most");
  });
});
