// The bundle as others read it, and what is left when writing it fails.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readEntries } from "../../src/bundle/tar-reader.ts";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { blobsOf, formatLock, type Lock, type LockedImage, withBinaries } from "../../src/core/lock.ts";
import { silentProgress } from "../../src/core/progress.ts";
import type { ExportOptions, KsoBinary } from "../../src/export/exporter.ts";
import { forecastTarball, writeTarball } from "../../src/export/tarball.ts";
import { ownerTag } from "../../src/files/owner.ts";
import { stampOfTarget } from "../../src/files/stamp.ts";
import { type Hashing, startHashing } from "../../src/store/hashing.ts";
import { type Sample, sampleLock, sampleOptions } from "../support/bundle.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

let hashing: Hashing;
beforeAll(() => {
  hashing = startHashing(2);
});
afterAll(() => hashing.close());

/** A sample below the folder, and a place to write to. */
function setUp(folder: string, more: Parameters<typeof sampleLock>[1] = {}): Sample & { out: string } {
  const out = join(folder, "out");
  mkdirSync(out, { recursive: true });
  return { ...sampleLock(join(folder, "blobs"), more), out };
}

function options(sample: Sample, output: string, more: Partial<ExportOptions> = {}): ExportOptions {
  return { lock: sample.lock, blobs: sample.blobs, output, hashing, progress: silentProgress, ...more };
}

function binariesIn(folder: string): KsoBinary[] {
  return ["amd64", "arm64"].map((arch) => {
    const bytes = noise(`kso ${arch}`, 5000);
    const path = join(folder, `bin-${arch}`);
    writeFileSync(path, bytes);
    return { name: `kso-linux-${arch}`, path, size: bytes.length, digest: sha(bytes), stamp: stampOfTarget(path) };
  });
}

function entriesOf(archive: Uint8Array): ReturnType<typeof readEntries> {
  return readEntries((offset, length) => archive.subarray(offset, offset + length), archive.length);
}

function unpack(archive: string, into: string, command: readonly string[] = ["tar", "xf"]): void {
  mkdirSync(into, { recursive: true });
  const [tool = "", ...args] = command;
  const done = spawnSync(tool, [...args, archive, "-C", into], { encoding: "utf8" });
  expect([done.status, done.stderr]).toEqual([0, ""]);
}

function expectSumsIn(tree: string): void {
  const done = spawnSync("sha256sum", ["-c", "--strict", "kso/SHA256SUMS"], { cwd: tree, encoding: "utf8" });
  expect([done.status, done.stderr]).toEqual([0, ""]);
}

/** All names below a directory, each with its bytes' digest. */
function treeOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    files.map((name) => {
      const path = join(directory, name);
      return [name, statSync(path).isDirectory() ? "directory" : sha(readFileSync(path))];
    }),
  );
}

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (thrown) {
    return thrown as { code: string; message: string };
  }
  throw new Error("it should have failed");
}

describe("the archive", () => {
  test("has every name of the contract, sorted, each directory before what is in it", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const output = join(sample.out, "bundle.tar");
    const binaries = binariesIn(folder.path);
    const sealed = await writeTarball(options(sample, output, { binaries }));
    expect(sealed).toEqual({ files: [output], bytes: statSync(output).size });
    expect(readdirSync(sample.out)).toEqual(["bundle.tar"]);

    const entries = [...entriesOf(readFileSync(output))];
    const names = entries.map(({ name }) => name);
    expect(names).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const blobs = blobsOf(sample.lock);
    const held = names.filter((name) => name.startsWith("blobs/sha256/") && !name.endsWith("/"));
    expect(held).toEqual(blobs.map(({ digest }) => digest.replace("sha256:", "blobs/sha256/")));
    const links = entries.filter(({ type }) => type === "link");
    expect(links.map(({ name, target }) => [name, target])).toEqual(
      sample.lock.files.map(({ path, digest }) => [`files/${path}`, digest.replace("sha256:", "blobs/sha256/")]),
    );
    expect(names.filter((name) => !/^(blobs|files)\//.test(name))).toEqual([
      "index.json",
      "kso/",
      "kso/SHA256SUMS",
      "kso/kso-linux-amd64",
      "kso/kso-linux-arm64",
      "kso/lock.json",
      "oci-layout",
    ]);
    for (const { name, type, mode } of entries) {
      const executable = type === "directory" || name.startsWith("kso/kso-linux");
      expect([name, mode]).toEqual([name, executable ? 0o755 : 0o644]);
      const parent = name.replace(/\/$/, "").replace(/[^/]*$/, "");
      if (parent) expect(names.indexOf(parent)).toBeLessThan(names.indexOf(name));
    }
    const { lock } = sample;
    expect(forecastTarball({ lock, binaries })).toEqual({
      bytes: sealed.bytes,
      blobs: blobs.length,
      entries: entries.length,
    });
  });

  test.each([[["tar", "xf"]], [["busybox", "tar", "xf"]], [["bsdtar", "xf"]]])("is unpacked by %p", async (command) => {
    if (command[0] !== "tar" && spawnSync(command[0] as string, ["--help"]).error) return;
    using folder = temporary();
    // busybox knows no PAX records: names that need one are not for it.
    const files = sampleOptions().files.filter(([path]) => command[0] !== "busybox" || path.length < 200);
    const sample = setUp(folder.path, { files });
    const output = join(sample.out, "bundle.tar");
    await writeTarball(options(sample, output, { binaries: binariesIn(folder.path) }));
    const tree = join(folder.path, "tree");
    unpack(output, tree, command);
    expectSumsIn(tree);
    for (const { path, digest, size } of sample.lock.files) {
      const [file, blob] = [`files/${path}`, digest.replace("sha256:", "blobs/sha256/")].map((name) =>
        statSync(join(tree, name)),
      );
      expect([path, file?.ino, file?.size]).toEqual([path, blob?.ino, size]);
    }
    const locked = withBinaries(sample.lock, binariesIn(folder.path));
    expect(readFileSync(join(tree, "kso/lock.json"), "utf8")).toBe(formatLock(locked));
    expect(JSON.parse(readFileSync(join(tree, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
    expect(statSync(join(tree, "files")).mode & 0o777).toBe(0o755);
    expect(statSync(join(tree, "kso/kso-linux-arm64")).mode & 0o777).toBe(0o755);
  });

  test("names each inode once in its sums, so that a changed one is found", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const output = join(sample.out, "bundle.tar");
    await writeTarball(options(sample, output));
    const tree = join(folder.path, "tree");
    unpack(output, tree);
    const lines = readFileSync(join(tree, "kso/SHA256SUMS"), "utf8").trimEnd().split("\n");
    const names = lines.map((line) => line.slice(66));
    expect(names).toEqual([...names].sort());
    const inodes = names.map((name) => statSync(join(tree, name)).ino);
    expect(new Set(inodes).size).toBe(names.length);
    const every = Object.entries(treeOf(tree)).filter(([name, kind]) => kind !== "directory" && !name.endsWith("SUMS"));
    expect(new Set(every.map(([name]) => statSync(join(tree, name)).ino))).toEqual(new Set(inodes));
    writeFileSync(join(tree, "files/github.com/kata/kata.tar.xz"), "changed");
    expect(spawnSync("sha256sum", ["-c", "kso/SHA256SUMS"], { cwd: tree, encoding: "utf8" }).stdout).toContain(
      "files/github.com/kata/kata.tar.xz: FAILED",
    );
  });

  test("lists images by their full name, then what refers to them", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const output = join(sample.out, "bundle.tar");
    await writeTarball(options(sample, output));
    unpack(output, join(folder.path, "tree"));
    const index = JSON.parse(readFileSync(join(folder.path, "tree/index.json"), "utf8"));
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json" });
    const named = index.manifests.filter((one: { annotations?: object }) => one.annotations);
    expect(named).toEqual(
      sample.lock.images.map(({ image, root }) => ({
        ...root,
        annotations: { "org.opencontainers.image.ref.name": image, "io.containerd.image.name": image },
      })),
    );
    const rest: Descriptor[] = index.manifests.slice(named.length);
    // nginx stands there under two names: its signature is listed once.
    expect(rest.map(({ digest }) => digest)).toEqual(
      [...new Set(sample.lock.images.flatMap(({ referrers = [] }) => referrers.map(({ digest }) => digest)))].sort(),
    );
    if (spawnSync("skopeo", ["--version"]).error) return;
    const pause = sample.lock.images.find(({ image }) => image.includes("pause"));
    for (const place of [`oci:${folder.path}/tree`, `oci-archive:${output}`]) {
      const raw = spawnSync("skopeo", ["inspect", "--raw", `${place}:registry.k8s.io/pause:3.10`]);
      expect([place, raw.stderr.toString(), sha(raw.stdout)]).toEqual([place, "", pause?.root.digest ?? ""]);
    }
  });

  test("lists what refers to an image by its name alone, where it has one", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const [image] = sample.lock.images;
    const signature = image?.referrers?.[0] as Descriptor;
    const named = { ...image, image: "docker.io/library/signature:1", root: signature, referrers: [] } as LockedImage;
    const output = join(sample.out, "bundle.tar");
    await writeTarball(options(sample, output, { lock: { ...sample.lock, images: [...sample.lock.images, named] } }));
    unpack(output, join(folder.path, "tree"));
    const index = JSON.parse(readFileSync(join(folder.path, "tree/index.json"), "utf8"));
    const found = index.manifests.filter((one: Descriptor) => one.digest === signature.digest);
    expect(found).toHaveLength(1);
    expect(found[0].annotations["org.opencontainers.image.ref.name"]).toBe("docker.io/library/signature:1");
  });

  test("is the same whatever order the lock and the binaries come in", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const binaries = binariesIn(folder.path);
    const [a, b] = [join(sample.out, "a.tar"), join(sample.out, "b.tar")];
    await writeTarball(options(sample, a, { binaries }));
    const lock: Lock = {
      ...sample.lock,
      files: sample.lock.files.toReversed(),
      images: sample.lock.images.toReversed(),
    };
    await writeTarball(options(sample, b, { lock, binaries: binaries.toReversed() }));
    expect(sha(readFileSync(b))).toBe(sha(readFileSync(a)));
  });

  test("replaces an earlier one, follows a link to it, and tells the bytes as they go", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const real = join(sample.out, "real.tar");
    const output = join(sample.out, "bundle.tar");
    writeFileSync(real, "earlier");
    symlinkSync("real.tar", output);
    const told: (string | number)[] = [];
    const item = {
      ...silentProgress.begin(""),
      advance: (bytes: number) => told.push(bytes),
      done: () => told.push("done"),
    };
    const sealed = await writeTarball(options(sample, output, { progress: { ...silentProgress, begin: () => item } }));
    expect(readdirSync(sample.out).sort()).toEqual(["bundle.tar", "real.tar"]);
    expect(statSync(real).size).toBe(sealed.bytes);
    expect(told.pop()).toBe("done");
    expect((told as number[]).reduce((sum, bytes) => sum + bytes, 0)).toBe(sealed.bytes);
  });
});

describe("volumes", () => {
  const large = { ...sampleOptions(), files: [["host.example/large", noise("large", 5 << 20)] as const] };

  test("concatenated are the same archive, whatever their size, and the index says so", async () => {
    using folder = temporary();
    const sample = setUp(folder.path, large);
    const whole = join(sample.out, "whole.tar");
    const { bytes } = await writeTarball(options(sample, whole));
    const digest = sha(readFileSync(whole));
    rmSync(whole);
    const sizes = fc.oneof(fc.integer({ min: 1 << 20, max: bytes + 1 }), fc.constantFrom(bytes, bytes - 1, 1 << 20));
    await fc.assert(
      fc.asyncProperty(sizes, async (split) => {
        const output = join(sample.out, "bundle.tar");
        const { files } = await writeTarball(options(sample, output, { split }));
        expect(files).toEqual(
          readdirSync(sample.out)
            .sort()
            .map((name) => join(sample.out, name)),
        );
        const index = JSON.parse(readFileSync(`${output}.volumes.json`, "utf8"));
        const parts = files.slice(0, -1).map((path) => readFileSync(path));
        expect(parts.slice(0, -1).every((part) => part.length === split)).toBeTrue();
        expect(index).toEqual({
          schema: "kso.volumes/1",
          name: "bundle.tar",
          size: bytes,
          volumes: parts.map((part, at) => ({ name: `bundle.tar.00${at + 1}`, size: part.length, digest: sha(part) })),
        });
        expect(sha(Buffer.concat(parts))).toBe(digest);
      }),
      { numRuns: 12 },
    );
  });

  test("of an earlier export are replaced, none is left over, and other files stay", async () => {
    using folder = temporary();
    const sample = setUp(folder.path, large);
    const output = join(sample.out, "bundle.tar");
    await writeTarball(options(sample, output, { split: 1 << 20 }));
    expect(readdirSync(sample.out).length).toBeGreaterThan(5);
    writeFileSync(`${output}.2024`, "mine");
    await writeTarball(options(sample, output, { split: 4 << 20 }));
    expect(readdirSync(sample.out).sort()).toEqual([
      "bundle.tar.001",
      "bundle.tar.002",
      "bundle.tar.2024",
      "bundle.tar.volumes.json",
    ]);
  });

  test("that are too small or too many are refused before anything is written", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    for (const split of [0, -1, 1.5, Number.NaN, (1 << 20) - 1]) {
      const failed = await failure(writeTarball(options(sample, join(sample.out, "b.tar"), { split })));
      expect(failed).toMatchObject({ code: "usage", message: expect.stringContaining("--split 1048576 or more") });
    }
    const huge = { ...sample.lock.files[0], path: "h/huge", digest: sha(Buffer.from("huge")), size: 2 ** 40 };
    const lock = { ...sample.lock, files: [huge] } as Lock;
    expect(() => forecastTarball({ lock, split: 1 << 30 })).toThrow(/at most 999; use --split \d+ or more/);
    expect(readdirSync(sample.out)).toEqual([]);
  });
});

describe("over a base", () => {
  test("only new content is in the delta, and base and delta unpacked together equal a full bundle", async () => {
    using folder = temporary();
    const before = setUp(folder.path);
    const binaries = binariesIn(folder.path);
    const base = join(before.out, "base.tar");
    await writeTarball(options(before, base, { binaries }));

    const [changed = "", ...rest] = sampleOptions().files.map(([path]) => path);
    const after = setUp(folder.path, {
      files: [
        [changed, noise("a newer kubeadm", 71_000)],
        ["dl.k8s.io/old-bytes-new-name", noise("kata", 1_024)],
        ...sampleOptions().files.filter(([path]) => rest.includes(path)),
      ],
      images: [...sampleOptions().images, ["registry.k8s.io/etcd:3.6", "etcd"]],
    });
    const [delta, whole] = [join(before.out, "delta.tar"), join(before.out, "whole.tar")];
    const over = { lock: withBinaries(before.lock, binaries) };
    const sealed = await writeTarball(options(after, delta, { binaries, base: over }));
    expect(forecastTarball({ lock: after.lock, binaries, base: over }).bytes).toBe(sealed.bytes);
    await writeTarball(options(after, whole, { binaries }));

    const there = new Set(blobsOf(before.lock).map(({ digest }) => digest));
    const missing = blobsOf(after.lock).filter(({ digest }) => !there.has(digest));
    const names = [...entriesOf(readFileSync(delta))]
      .filter(({ type }) => type !== "directory")
      .map(({ name }) => name);
    expect(names).toEqual([
      ...missing.map(({ digest }) => digest.replace("sha256:", "blobs/sha256/")),
      "files/dl.k8s.io/old-bytes-new-name",
      `files/${changed}`,
      ...["index.json", "kso/SHA256SUMS", "kso/base.json", "kso/lock.json", "oci-layout"],
    ]);

    const [stacked, plain] = [join(folder.path, "stacked"), join(folder.path, "plain")];
    unpack(base, stacked);
    unpack(delta, stacked);
    unpack(whole, plain);
    expectSumsIn(stacked);
    expect(JSON.parse(readFileSync(join(stacked, "kso/base.json"), "utf8"))).toEqual({
      schema: "kso.base/1",
      lock: sha(Buffer.from(formatLock(over.lock))),
      release: before.lock.release,
    });
    // The stacked tree keeps blobs that nothing needs any more; apart from them it is the whole.
    expect(treeOf(stacked)).toMatchObject(treeOf(plain));
    const path = join(stacked, "files/dl.k8s.io/old-bytes-new-name");
    expect(statSync(path).ino).toBe(statSync(join(stacked, "files/github.com/kata/kata.tar.xz")).ino);
  });

  test("a binary that differs from the base's is in the delta, and the base's own lock digest is kept", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const [amd64, arm64] = binariesIn(folder.path) as [KsoBinary, KsoBinary];
    const output = join(sample.out, "delta.tar");
    const digest = sha(Buffer.from("the lock as the base has it"));
    const older = { ...arm64, digest: sha(Buffer.from("an older one")) };
    const base = { lock: withBinaries(sample.lock, [amd64, older]), digest };
    await writeTarball(options(sample, output, { binaries: [amd64, arm64], base }));
    const names = [...entriesOf(readFileSync(output))].map(({ name }) => name);
    expect(names.filter((name) => name.includes("kso-linux"))).toEqual(["kso/kso-linux-arm64"]);
    expect(names.filter((name) => /^(blobs|files)/.test(name))).toEqual([]);
    expect(readFileSync(output, "utf8")).toContain(digest);
  });
});

describe("when it fails, the output is as it was", () => {
  /** Seals, which must fail; whatever stood in the directory still stands, and nothing else. */
  async function failing(
    sample: Sample & { out: string },
    more: Partial<ExportOptions> = {},
  ): Promise<{ code: string; message: string }> {
    const output = join(sample.out, "bundle.tar");
    writeFileSync(output, "earlier");
    const failed = await failure(writeTarball(options(sample, output, more)));
    expect(treeOf(sample.out)).toEqual({ "bundle.tar": sha(Buffer.from("earlier")) });
    return failed;
  }
  const kubeadm = "dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm";
  const digestOf = (sample: Sample): `sha256:${string}` =>
    sample.lock.files.find(({ path }) => path === kubeadm)?.digest as `sha256:${string}`;

  test.each([undefined, 1 << 20])("a blob is missing, shorter or longer (--split %p)", async (split) => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const digest = digestOf(sample);
    const more = split === undefined ? {} : { split };
    truncateSync(sample.pathOf(digest), 69_999);
    expect(await failing(sample, more)).toMatchObject({
      code: "fetch",
      message: `Cannot export ${digest} of ${kubeadm}: it has 69999 bytes (${sample.pathOf(digest)}), and should have 70000; run kso store check`,
    });
    truncateSync(sample.pathOf(digest), 70_001);
    expect((await failing(sample, more)).message).toContain(`${kubeadm}: it has 70001 bytes`);
    rmSync(sample.pathOf(digest));
    expect((await failing(sample, more)).message).toBe(
      `Cannot export ${digest} of ${kubeadm}: it is not in the store; run kso fetch`,
    );
  });

  test.each([undefined, 1 << 20])("a blob shrinks or goes while it is read (--split %p)", async (split) => {
    using folder = temporary();
    const sample = setUp(folder.path, { files: [[kubeadm, noise("large", 6 << 20)]] });
    const path = sample.pathOf(digestOf(sample));
    const more = split === undefined ? {} : { split };
    const during = (act: () => void): Partial<ExportOptions> => {
      let bytes = 0;
      const advance = (arrived: number): void => {
        if (bytes < 1 << 20 && bytes + arrived >= 1 << 20) act();
        bytes += arrived;
      };
      return { ...more, progress: { ...silentProgress, begin: () => ({ ...silentProgress.begin(""), advance }) } };
    };
    const failed = await failing(
      sample,
      during(() => truncateSync(path, 5 << 20)),
    );
    expect(failed).toMatchObject({
      code: "fetch",
      message: expect.stringContaining(`${path} ends at byte ${5 << 20}`),
    });
  });

  test.each([undefined, 1 << 20])("a signal in the middle stops it (--split %p)", async (split) => {
    using folder = temporary();
    const sample = setUp(folder.path, { files: [[kubeadm, noise("large", 6 << 20)]] });
    for (const when of [0, 1, 2 << 20, 6 << 20]) {
      const abort = new AbortController();
      let bytes = 0;
      const advance = (arrived: number): void => {
        bytes += arrived;
        if (bytes >= when) abort.abort();
      };
      const progress = { ...silentProgress, begin: () => ({ ...silentProgress.begin(""), advance }) };
      const failed = await failing(sample, {
        signal: abort.signal,
        progress,
        ...(split === undefined ? {} : { split }),
      });
      expect(failed.code).toBe("interrupted");
      expect(bytes).toBeLessThan(when + (3 << 20));
    }
  });

  test("the output path cannot be written to", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const to = (output: string): Promise<{ code: string; message: string }> =>
      failure(writeTarball(options(sample, output)));
    const usage = (message: string): object => ({ code: "usage", message: expect.stringContaining(message) });
    expect(await to(sample.out)).toMatchObject(usage("it is a directory"));
    expect(await to(`${sample.out}/new/`)).toMatchObject(usage("it is a directory"));
    expect(await to(join(sample.out, "no/b.tar"))).toMatchObject(usage(`${sample.out}/no does not exist; create it`));
    writeFileSync(join(folder.path, "file"), "");
    expect(await to(join(folder.path, "file/b.tar"))).toMatchObject(usage("Cannot write to"));
    // A device would be replaced by the rename, and all who use it would write to a file: never try this with a real one.
    const pipe = join(folder.path, "pipe");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    expect(await to(pipe)).toMatchObject(usage("it is not a file"));
    expect(statSync(pipe).isFIFO()).toBeTrue();
    expect(readdirSync(sample.out)).toEqual([]);
  });

  test("the directory is read-only", async () => {
    using folder = temporary();
    const sample = setUp(folder.path);
    const output = join(sample.out, "bundle.tar");
    if (process.getuid?.() === 0) {
      using mount = mounted(folder.path, "ro,size=1m");
      expect((await failure(writeTarball(options(sample, join(mount.path, "b.tar"))))).message).toContain(
        mount.refusal,
      );
    } else {
      chmodSync(sample.out, 0o555);
      expect((await failure(writeTarball(options(sample, output)))).message).toContain(
        "permission denied; name a place",
      );
    }
  });

  test("the disk is full from the start, or fills up on the way", async () => {
    using folder = temporary();
    const sample = setUp(folder.path, { files: [[kubeadm, noise("large", 6 << 20)]] });
    using mount = mounted(folder.path, "size=8m");
    const output = join(mount.path, "bundle.tar");
    writeFileSync(output, "earlier");
    const fill = join(mount.path, "fill");
    writeFileSync(fill, Buffer.alloc(4 << 20));
    const early = await failure(writeTarball(options(sample, output)));
    expect(early).toMatchObject({
      code: "usage",
      message: expect.stringMatching(/6\.\d MB are needed \(\d+ bytes\) and 4\.2 MB are free \(\d+ bytes\)/),
    });
    rmSync(fill);
    for (const split of [undefined, 1 << 20]) {
      const advance = (bytes: number): void => {
        if (bytes > 0 && !existsSync(fill)) writeFileSync(fill, Buffer.alloc(4 << 20));
      };
      const progress = { ...silentProgress, begin: () => ({ ...silentProgress.begin(""), advance }) };
      const late = await failure(
        writeTarball(options(sample, output, { progress, ...(split === undefined ? {} : { split }) })),
      );
      expect(late).toMatchObject({
        code: "usage",
        message: expect.stringContaining("no space is left on that file system; free some"),
      });
      expect(readdirSync(mount.path).sort()).toEqual(["bundle.tar", "fill"]);
      expect(readFileSync(output, "utf8")).toBe("earlier");
      rmSync(fill);
    }
  });
});

test("files that a dead run left are removed, and those of running processes stay", async () => {
  using folder = temporary();
  const sample = setUp(folder.path);
  const mine = ownerTag();
  const [boot, namespace, pid, start] = mine.split("-");
  const dead = [`${boot}-${namespace}-${pid}-1`, `00000000-${namespace}-${pid}-${start}`];
  const elsewhere = `${boot}-1-${pid}-${start}`;
  const stale = dead.flatMap((tag) => [
    `.bundle.tar.kso-${tag}`,
    `.bundle.tar.007.kso-${tag}`,
    `.bundle.tar.volumes.json.kso-${tag}`,
  ]);
  const others = [`.bundle.tar.kso-${elsewhere}`, `.other.tar.kso-${dead[0]}`, `.bundle.tar.kso-x`, ".bundle.tar"];
  for (const name of [...stale, ...others]) writeFileSync(join(sample.out, name), "left");
  await writeTarball(options(sample, join(sample.out, "bundle.tar")));
  expect(readdirSync(sample.out).sort()).toEqual([...others, "bundle.tar"].sort());
});

/** A small file system of its own: a full disk that fills nobody else's. Needs root, as the tests have in CI. */
function mounted(folder: string, options: string): { path: string; refusal: string; [Symbol.dispose](): void } {
  const path = join(folder, "mounted");
  mkdirSync(path);
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { encoding: "utf8" });
  expect([done.status, done.stderr]).toEqual([0, ""]);
  return {
    path,
    refusal: "file system is read-only",
    [Symbol.dispose]: () => {
      // Lazily: a thread may still be closing what was removed.
      expect(spawnSync("umount", ["--lazy", path]).status).toBe(0);
    },
  };
}
