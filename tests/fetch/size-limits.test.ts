// Servers that lie about sizes: the item that they lie about fails by name, and everything else is finished.
import { describe, expect, test } from "bun:test";
import { silentProgress } from "../../src/core/progress.ts";
import { maxArtifactSize, unsizedLimits } from "../../src/fetch/size-limits.ts";
import { type TransferResult, transferAll } from "../../src/fetch/transfer.ts";
import { bench, digestOf, file, lockOf, multi, planOf, pulled } from "../support/fetching.ts";
import { sample, testHttp } from "../support/http.ts";
import { image, type SeededImage } from "../support/images.ts";
import type { Fault } from "../support/upstream.ts";

const one = sample(70_000, 1);
const two = sample(50_000, 2);
const lie = (says: number): Fault => ({ fault: "length", says });
const plan = planOf(
  file("liar", digestOf(one)),
  file("two", digestOf(two)),
  file("first", undefined),
  pulled("team/app:1"),
);

/** Everything but the liar is in the store, and the liar is the only failure. */
async function onlyLiar(faults: readonly Fault[], cause: string | RegExp): Promise<void> {
  await using lab = await bench({ liar: one, two, first: sample(900) });
  lab.registry.add("team/app", multi, "1");
  lab.upstream.script("/liar", ...faults);
  let bytes = 0;
  const beforeDownloads = ({ fetch }: { fetch: { bytes: number } }): void => {
    bytes = fetch.bytes;
  };
  const { lock, failures } = await lab.fetch(plan, { beforeDownloads });
  expect(lock).toBeUndefined();
  expect(failures).toMatchObject([{ artifact: "files.test/liar", url: `${lab.upstream.url}/liar` }]);
  expect(failures[0]?.cause).toMatch(cause);
  expect(bytes).toBeLessThan(1e6);
  expect(lab.store.sizeOf(digestOf(two))).toBe(50_000);
  expect(lab.store.sizeOf(digestOf(sample(900)))).toBe(900);
  for (const blob of multi.blobs) expect(lab.store.sizeOf(digestOf(blob))).toBe(blob.length);
  // It tells the truth the next time.
  expect(lockOf(await lab.fetch(plan)).files).toHaveLength(3);
}

describe("one file's server", () => {
  test("says by HEAD what no disk holds", async () => {
    const impossible = [lie(9_007_199_254_740_000)];
    await onlyLiar(impossible, /^the server says that it has 9007 TB, which cannot be: .* more than 68\.7 GB$/);
    await onlyLiar([lie(maxArtifactSize + 1)], /which cannot be/);
  });

  test("sends more than it said by HEAD", async () => {
    await onlyLiar([lie(60_000), "none"], /the server sends 70000 and not the 60000 bytes that are expected$/);
    await onlyLiar([lie(60_000), { fault: "endless" }], /the server sends more and not the 60000 bytes/);
  });

  test.each([0, 200_000])("says %d by HEAD, and sends what has the right digest", async (says) => {
    await using lab = await bench({ liar: one });
    lab.upstream.script("/liar", lie(says));
    expect(lockOf(await lab.fetch(planOf(file("liar", digestOf(one))))).files).toMatchObject([{ size: 70_000 }]);
  });

  test("of two, only the second one tells a size that can be: it counts", async () => {
    await using lab = await bench({ liar: one });
    await using liar = await bench({ liar: one });
    liar.upstream.script("/liar", lie(9_007_199_254_740_000));
    const mirrors = new Map([["files.test", [liar.upstream.url, lab.upstream.url]]]);
    let bytes = 0;
    await lab.fetch(planOf(file("liar", digestOf(one))), {
      mirrors,
      beforeDownloads: ({ fetch }) => {
        bytes = fetch.bytes;
      },
    });
    expect(bytes).toBe(70_000);
  });
});

test("a body without a length ends at the limit, leaves nothing, and the others arrive", async () => {
  await using lab = await bench({ endless: one, chunked: one, two });
  lab.upstream.script("/endless", { fault: "endless" });
  lab.upstream.script("/chunked", { fault: "endless", chunked: true });
  const ended = new Map<string, TransferResult>();
  const transfers = ["endless", "chunked", "two"].map((path) => ({
    label: path,
    key: path,
    size: undefined,
    expected: [digestOf(path === "two" ? two : one)],
    sources: [{ url: `${lab.upstream.url}/${path}` }],
  }));
  const limits = { told: 1e9, untold: 500_000 };
  const context = { store: lab.store, http: testHttp().http, progress: silentProgress, jobs: 3, limits };
  await transferAll(transfers, context, async ({ label }, result) => void ended.set(label, result));
  for (const path of ["endless", "chunked"])
    expect(ended.get(path)).toMatchObject({
      arrived: false,
      cause: {
        message: `Cannot fetch ${lab.upstream.url}/${path}: the server tells no length and sends more than 500000 bytes, the most that is taken of such a file here`,
      },
    });
  expect(ended.get("two")).toMatchObject({ arrived: true, size: 50_000 });
});

describe("one registry", () => {
  const plain = (): SeededImage => image({ platforms: { "linux/amd64": { layers: [sample(3000, 9)] } } });
  const only = { platforms: ["linux/amd64"] };

  /** The image with another size for its layer, all digests of its documents being right. */
  function lying(size: number): SeededImage {
    return image({ platforms: { "linux/amd64": { layers: [sample(3000, 9)] } }, layerSize: size });
  }

  test("says that a layer has what no disk holds", async () => {
    await using lab = await bench({ two });
    lab.registry.add("team/liar", lying(900_000_000_000), "1");
    lab.registry.add("team/good", plain(), "1");
    const { failures } = await lab.fetch(
      planOf(pulled("team/liar:1", only), pulled("team/good:1", only), file("two", digestOf(two))),
    );
    expect(failures.map(({ artifact, cause }) => `${artifact}: ${cause}`)).toEqual([
      expect.stringContaining("images.test/team/liar:1: its manifests say that it has 900 GB, which cannot be"),
    ] as never);
    expect(lab.store.sizeOf(digestOf(two))).toBe(50_000);
  });

  test.each([2000, 4000])(
    "says %d bytes of a layer that has 3000: another image that shares it arrives",
    async (size) => {
      await using lab = await bench();
      lab.registry.add("team/liar", lying(size), "1");
      lab.registry.add("team/good", plain(), "1");
      const { failures } = await lab.fetch(planOf(pulled("team/liar:1", only), pulled("team/good:1", only)));
      expect(failures.map(({ artifact }) => artifact)).toEqual(["images.test/team/liar:1"]);
      for (const { layers } of Object.values(plain().platforms))
        for (const layer of layers) expect(lab.store.has(layer)).toBeTrue();
    },
  );
});

describe("a login page, with status 200", () => {
  const page = {
    bytes: new TextEncoder().encode("<html>Log in</html>"),
    headers: { "content-type": "text/html; charset=utf-8" },
  };

  test("is not pinned on first sight in place of a file", async () => {
    await using lab = await bench({ "chart.tgz": page, "docs/index.html": page, two });
    const index = file("docs/index.html", undefined);
    const { failures } = await lab.fetch(planOf(file("chart.tgz", undefined), index, file("two", digestOf(two))));
    expect(failures.map(({ artifact }) => artifact)).toEqual(["files.test/chart.tgz"]);
    expect(failures[0]?.cause).toContain(
      "the server answers with a web page (a login, an error, a notice) where a file is expected",
    );
    expect(lockOf(await lab.fetch(planOf(index))).files).toMatchObject([{ digest: digestOf(page.bytes) }]);
  });

  test("is called so where the digest is known, and by the next mirror the file comes", async () => {
    await using lab = await bench({ two });
    await using portal = await bench({ two: page });
    const plan = planOf(file("two", digestOf(two)));
    const { failures } = await lab.fetch(plan, { mirrors: new Map([["files.test", [portal.upstream.url]]]) });
    expect(failures[0]?.cause).toBe(
      `the server answers with a web page (a login, an error, a notice) in place of the file: it is ${digestOf(page.bytes)} and not ${digestOf(two)}; look at it in a browser, or name another mirror`,
    );
    const mirrors = new Map([["files.test", [portal.upstream.url, lab.upstream.url]]]);
    expect((await lab.fetch(plan, { mirrors })).failures).toEqual([]);
  });
});

test("files of unknown size share what is free, and each has its own most", () => {
  const [GB, room] = [1e9, 32_000_000];
  expect(unsizedLimits(1000 * GB, 8)).toEqual({ told: maxArtifactSize, untold: 4 * 2 ** 30 });
  expect(unsizedLimits(8 * GB + room, 8)).toEqual({ told: GB, untold: GB });
  expect(unsizedLimits(8 * GB + room, 0)).toEqual({ told: 8 * GB, untold: 4 * 2 ** 30 });
  // Small files arrive on a disk that is nearly full, too.
  expect(unsizedLimits(0, 8)).toEqual({ told: room, untold: room });
});
