// Room on the disks is counted before the first byte: what is to be fetched, and what will be made of it.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Digest } from "../../src/core/digest.ts";
import { blobsOf } from "../../src/core/lock.ts";
import { checkRoom, type PlannedOutput } from "../../src/fetch/disk-room.ts";
import type { DownloadForecast } from "../../src/fetch/options.ts";
import { freeBytes } from "../../src/files/disk.ts";
import { sampleLock } from "../support/bundle.ts";
import { temporary } from "../support/temp.ts";

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const forecast = (bytes: number, more: Partial<DownloadForecast["fetch"]> = {}): DownloadForecast => ({
  fetch: { items: 2, files: 1, images: 1, bytes, unsized: 0, unsizedNames: [], largest: [], ...more },
  dockerHub: { pulls: 0 },
  total: [
    { digests: [digest("a")], bytes: 600_000_000 },
    { digests: [digest("b"), `sha512:${"b".repeat(128)}`], bytes: 400_000_000 },
  ],
});

function told(more: Partial<PlannedOutput> & { forecast?: DownloadForecast }): string[] {
  using folder = temporary();
  const { forecast: expected = forecast(1000), ...output } = more;
  const planned = { path: join(folder.path, "a/b/bundle.tar"), base: undefined, binaries: undefined, links: true };
  const sentences = checkRoom(expected, folder.path, { ...planned, ...output });
  return sentences.map((sentence) => sentence.replaceAll(folder.path, "DIR").replace(/[\d.]+ .B free/, "N free"));
}

test("what is to come is told: what travels, and how large the output will be", () => {
  expect(told({})).toEqual([
    "1.0 kB to fetch into DIR (1 file and 1 image; N free)",
    "DIR/a/b/bundle.tar will have about 1.0 GB",
  ]);
  expect(told({ forecast: forecast(0, { items: 0 }) })).toEqual([]);
  expect(told({ forecast: forecast(1000, { unsized: 3 }) })).toEqual([
    "1.0 kB and 3 files whose size no server told to fetch into DIR (1 file and 1 image; N free)",
    "DIR/a/b/bundle.tar will have more than 1.0 GB",
  ]);
  expect(told({ forecast: forecast(0, { unsized: 1 }) })[0]).toBe(
    "1 file whose size no server told to fetch into DIR (1 file and 1 image; N free)",
  );
  expect(told({ forecast: { ...forecast(1000), dockerHub: { pulls: 6 } } })[0]).toBe(
    "1.0 kB to fetch into DIR (1 file and 1 image; up to 6 pulls of Docker Hub; N free)",
  );
  using folder = temporary();
  expect(checkRoom(forecast(1000), folder.path, undefined)).toEqual([
    expect.stringContaining(`1.0 kB to fetch into ${folder.path} (`),
  ]);
});

test("what the receiver has is left out, under either digest; binaries count unless the base has them", () => {
  using folder = temporary();
  const { lock } = sampleLock(join(folder.path, "blobs"));
  const [file] = lock.files;
  if (!file) throw new Error("the lock has no file");
  const size = (more: Partial<PlannedOutput>, total?: DownloadForecast["total"]): string | undefined =>
    told({ forecast: { ...forecast(0), ...(total && { total }) }, ...more })[1]?.split("about ")[1];
  const base = {
    ...lock,
    files: [{ ...file, published: { digest: `sha512:${"b".repeat(128)}` as const, source: "x" } }],
  };
  expect(size({ base: { lock: base } })).toBe("600 MB");
  const [blob] = blobsOf(lock);
  if (!blob) throw new Error("the lock has no blob");
  const total = [{ digests: [blob.digest], bytes: 5_000_000 }, ...forecast(0).total];
  expect(size({ base: { lock } }, total)).toBe("1.0 GB");
  const binaries = ["c", "d"].map((letter) => ({
    name: `kso-linux-${letter}`,
    digest: digest(letter),
    size: 50_000_000,
  }));
  expect(size({ binaries })).toBe("1.1 GB");
  expect(size({ binaries, base: { lock: { ...base, binaries } } })).toBe("600 MB");
});

test("too little room is an error that names the place, the need and the way out", () => {
  using folder = temporary();
  const free = freeBytes(folder.path);
  const output = { path: join(folder.path, "bundle.tar"), base: undefined, binaries: undefined };
  const refusal = (fetch: number, total: number, links?: boolean): Error => {
    const large = {
      ...forecast(fetch, { largest: [{ name: "files.test/large", bytes: fetch }] }),
      total: [{ digests: [digest("a")], bytes: total }],
    };
    try {
      checkRoom(large, folder.path, links === undefined ? undefined : { ...output, links });
    } catch (thrown) {
      return thrown as Error;
    }
    throw new Error("There is room");
  };
  expect(refusal(free * 2, 0)).toMatchObject({
    code: "usage",
    message: expect.stringMatching(
      /^Not enough room for the store in .* are needed and .* are free; .* with --store; the largest to fetch: files\.test\/large .*B$/,
    ),
  });
  // Each alone fits, both do not.
  const most = Math.ceil(free * 0.7);
  expect(refusal(most, most, false).message).toStartWith("Not enough room for the store and the bundle in");
  // Links need no room, and what is there already needs none.
  expect(refusal(free * 2, free * 2, true).message).toStartWith("Not enough room for the store in");
  const large = { ...forecast(0, { items: 0 }), total: [{ digests: [digest("a")], bytes: free * 2 }] };
  expect(checkRoom(large, folder.path, { ...output, links: true })).toEqual([]);
});
