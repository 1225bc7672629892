// Small blobs in memory: which stay, and how many.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { openBundle } from "../../../src/bundle/open.ts";
import { BlobCache } from "../../../src/serve/content/blob-cache.ts";
import { sampleLock } from "../../support/bundle.ts";
import { sealed } from "../../support/sealed.ts";
import { noise } from "../../support/seed.ts";
import { temporary } from "../../support/temp.ts";

test("small blobs are read once as long as there is room; the bytes kept never exceed it", async () => {
  using folder = temporary();
  const files = Array.from({ length: 20 }, (_, at): [string, Buffer] => [
    `a.example/${at}`,
    noise(`small ${at}`, 1000),
  ]);
  const made = openBundle([
    (await sealed(folder.path, "b.tar", { sample: sampleLock(join(folder.path, "blobs"), { files, images: [] }) }))
      .path,
  ]);
  const reads: string[] = [];
  const cache = new BlobCache((blob) => {
    reads.push(blob.digest);
    return made.locate(blob.digest) ?? [];
  }, 10_000);
  const blobs = made.lock.files.map(({ digest, size }) => ({ digest, size, mediaType: "x" }));
  const [favourite, ...others] = blobs as [(typeof blobs)[number], ...typeof blobs];
  for (let round = 0; round < 3; round++)
    for (const blob of others) for (const one of [favourite, blob]) expect(cache.get(one)?.length).toBe(1000);
  // What is asked for again and again stays.
  expect(reads.filter((digest) => digest === favourite.digest)).toHaveLength(1);
  expect(reads.length).toBeGreaterThan(40);
  expect(cache.get({ ...favourite, digest: `sha256:${"0".repeat(64)}`, size: 1 << 20 })).toBeUndefined();
});
