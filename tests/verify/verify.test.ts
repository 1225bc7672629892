// What verification promises: a sound bundle passes in every form, and whatever is missing, other or too much is named.
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { encodeEntry, headerSum } from "../../src/bundle/tar.ts";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { KsoError } from "../../src/core/errors.ts";
import { formatLock, type Lock, type LockedFile, type LockedImage } from "../../src/core/lock.ts";
import { silentProgress } from "../../src/core/progress.ts";
import { stampOfTarget } from "../../src/files/stamp.ts";
import { startHashing } from "../../src/store/hashing.ts";
import type { Problem } from "../../src/verify/report.ts";
import { type Sample, sampleLock, sampleOptions } from "../support/bundle.ts";
import { altered, type Piece, pack, piece, piecesOf, rewritten, sealed, verifying } from "../support/sealed.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const kubeadm = "dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm";
const pause = "registry.k8s.io/pause:3.10";

function short({ what, item }: Problem): string {
  return `${what}: ${item}`;
}

/** The problems of a sample's bundle, sealed as it is. */
async function problemsOf(
  folder: string,
  sample: Sample,
  lock: (lock: Lock) => Lock = (same) => same,
): Promise<readonly Problem[]> {
  const { path } = await sealed(folder, "lying.tar", { sample: { ...sample, lock: lock(sample.lock) } });
  return (await verifying([path])).problems;
}

function unpack(path: string, to: string): string {
  mkdirSync(to, { recursive: true });
  expect(spawnSync("tar", ["xf", path, "-C", to]).status).toBe(0);
  return to;
}

describe("a sound bundle passes", () => {
  test("as an archive, with threads, and is counted", async () => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    const hashing = startHashing(2);
    const options = { hashing, jobs: 4, progress: silentProgress, deep: true, allow: [] };
    const report = await verifying([path], options).finally(() => hashing.close());
    expect(report).toMatchObject({
      schema: "kso.verify/1",
      ok: true,
      problems: [],
      platforms: ["linux/amd64", "linux/arm64"],
    });
    expect(report.counts).toMatchObject({ files: 6, images: 3 });
    expect(report.counts.bytes).toBe(piecesOf(path).reduce((sum, { content }) => sum + content.length, 0));
    expect(report.lock).toBe(sha(Buffer.from(formatLock(sample.lock))));
  });

  test("unpacked, also where a copy lost its hard links", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const tree = unpack(path, join(folder.path, "tree"));
    expect((await verifying([tree])).problems).toEqual([]);
    cpSync(tree, join(folder.path, "copy"), { recursive: true });
    expect((await verifying([join(folder.path, "copy")])).problems).toEqual([]);
    writeFileSync(join(folder.path, "copy/files", kubeadm), "other bytes");
    expect((await verifying([join(folder.path, "copy")])).problems.map(short)).toEqual([`digest: ${kubeadm}`]);
  });

  test("as a delta and its base, in either order, also unpacked over it", async () => {
    using folder = temporary();
    const base = await sealed(folder.path, "base.tar");
    const next = sampleLock(join(folder.path, "next"), { images: [["registry.k8s.io/pause:3.11", "new"]] });
    const delta = await sealed(folder.path, "delta.tar", { sample: next, base: { lock: base.sample.lock } });
    expect((await verifying([base.path, delta.path])).problems).toEqual([]);
    expect((await verifying([delta.path, base.path])).problems).toEqual([]);
    expect((await verifying([delta.path])).problems.map(({ what }) => what)).toEqual(["structure"]);
    const lying = altered(
      delta.path,
      join(folder.path, "lying.tar"),
      rewritten("kso/base.json", (text) => text.replace("2.31.0", "2.30.0")),
    );
    expect((await verifying([base.path, lying])).problems.map(short)).toEqual(["lock: kso/base.json"]);
    const tree = unpack(delta.path, unpack(base.path, join(folder.path, "tree")));
    const report = await verifying([tree]);
    expect(report.problems).toEqual([]);
    expect(report.notes.length).toBeGreaterThan(0);
  });

  test("with binaries, whose code is looked at", async () => {
    using folder = temporary();
    const programs = { amd64: elf(62), arm64: elf(183) };
    const sample = sampleLock(join(folder.path, "blobs"));
    const binaries = Object.entries(programs).map(([arch, bytes]) => {
      const path = join(folder.path, `kso-linux-${arch}`);
      writeFileSync(path, bytes);
      return { name: `kso-linux-${arch}`, path, size: bytes.length, digest: sha(bytes), stamp: stampOfTarget(path) };
    });
    const { path } = await sealed(folder.path, "bundle.tar", { sample, binaries });
    expect((await verifying([path])).problems).toEqual([]);
    const swapped = altered(path, join(folder.path, "swapped.tar"), (pieces) =>
      pieces.map((one) => (one.name === "kso/kso-linux-arm64" ? { ...one, content: programs.amd64 } : one)),
    );
    expect((await verifying([swapped])).problems.map(short)).toEqual([
      "architecture: kso/kso-linux-arm64",
      "digest: kso/kso-linux-arm64",
    ]);
    // A program for the right architecture, and with the sums made right: the lock names the one that was sealed.
    const other = Buffer.from([...programs.arm64, 0]);
    const replaced = altered(path, join(folder.path, "replaced.tar"), (pieces) =>
      pieces.map((one) => (one.name === "kso/kso-linux-arm64" ? { ...one, content: other, size: other.length } : one)),
    );
    expect((await verifying([replaced])).problems.map(short)).toEqual(["size: kso/kso-linux-arm64"]);
    const gone = altered(path, join(folder.path, "gone.tar"), (pieces) =>
      pieces.filter(({ name }) => name !== "kso/kso-linux-arm64"),
    );
    expect((await verifying([gone])).problems.map(short)).toContain("missing: kso/kso-linux-arm64");
    const { lock } = sample;
    const unnamed = altered(
      path,
      join(folder.path, "unnamed.tar"),
      rewritten("kso/lock.json", () => formatLock(lock)),
    );
    const [first] = (await verifying([unnamed])).problems;
    expect(first).toMatchObject({
      what: "extra",
      item: "kso/kso-linux-amd64",
      message: expect.stringContaining("anew"),
    });
  });
});

describe("what is missing, other or too much is named", () => {
  const without = (name: (lock: Lock) => string) => (pieces: Piece[], lock: Lock) =>
    pieces.filter((one) => one.name !== name(lock));
  const blob = (digest: string): string => `blobs/sha256/${digest.slice(7)}`;
  const manifest = (lock: Lock, at: number): Descriptor =>
    imageOf(lock).blobs.filter(({ mediaType }) => mediaType.includes("manifest"))[at] as Descriptor;
  const imageOf = (lock: Lock): LockedImage => lock.images.find(({ image }) => image === pause) as LockedImage;
  const fileOf = (lock: Lock): LockedFile => lock.files.find(({ path }) => path === kubeadm) as LockedFile;
  const cases: readonly (readonly [string, (pieces: Piece[], lock: Lock) => Piece[], readonly string[]])[] = [
    ["a file's name", without(() => `files/${kubeadm}`), [`missing: ${kubeadm}`]],
    ["a file's blob", without((lock) => blob(fileOf(lock).digest)), [`missing: ${kubeadm}`]],
    ["a platform's manifest", without((lock) => blob(manifest(lock, 0).digest)), [`missing: ${pause} linux/amd64`]],
    ["an image's index", without((lock) => blob(imageOf(lock).root.digest)), [`missing: ${pause}`]],
    [
      "an image in index.json",
      rewritten("index.json", (text) => text.replaceAll(pause, "registry.k8s.io/pause:3.9")),
      ["missing: registry.k8s.io/pause:3.10", "extra: registry.k8s.io/pause:3.9"],
    ],
    [
      "a size in index.json",
      rewritten("index.json", (text) => text.replace(/("size": )(\d+)/, "$1 1$2")),
      ["lock: docker.io/library/nginx:1.28.2-alpine"],
    ],
    ["the list of sums", without(() => "kso/SHA256SUMS"), ["missing: kso/SHA256SUMS"]],
    [
      "a line of the sums",
      rewritten("kso/SHA256SUMS", (text) => text.replace(/^.*kubeadm\n/m, "")),
      [`lock: ${kubeadm}`],
    ],
    [
      "the mark of a layout",
      rewritten("oci-layout", () => '{"imageLayoutVersion":"2.0.0"}'),
      ["structure: oci-layout"],
    ],
    [
      "a further key in index.json",
      rewritten("index.json", (text) => text.replace('"digest"', '"urls": ["http://evil.example"], "digest"')),
      ["structure: index.json"],
    ],
    [
      "a further annotation in index.json",
      rewritten("index.json", (text) => text.replace('"org.open', '"x": "y", "org.open')),
      ["structure: index.json"],
    ],
    [
      "a further key of index.json",
      rewritten("index.json", (text) => text.replace("{", '{ "subject": null,')),
      ["structure: index.json"],
    ],
    [
      "a list for docker load in what is no container image",
      (pieces) => [...pieces, piece("manifest.json", "[]")],
      ["extra: manifest.json", "lock: manifest.json"],
    ],
    [
      "the mode of a file",
      (pieces) => pieces.map((one) => (one.name === `files/${kubeadm}` ? { ...one, mode: 0o755 } : one)),
      [`structure: files/${kubeadm}`],
    ],
    [
      "a blob that nobody named",
      (pieces) => [piece(blob(sha(noise("extra", 9))), noise("extra", 9)), ...pieces],
      ["extra: blobs/sha256/"],
    ],
    [
      "a file that nobody named",
      (pieces) => [...pieces, piece("files/dl.k8s.io/backdoor", "x")],
      ["extra: files/dl.k8s.io/backdoor"],
    ],
    ["an entry beside everything", (pieces) => [...pieces, piece("etc/cron.d/x", "x")], ["extra: etc/cron.d/x"]],
    [
      "a name that leads to another blob",
      (pieces, lock) =>
        pieces.map((one) =>
          one.name === `files/${kubeadm}` ? { ...one, target: blob(imageOf(lock).root.digest) } : one,
        ),
      // The sums say what the bytes are, and not what the lock says.
      [`digest: ${kubeadm}`, `lock: ${kubeadm}`],
    ],
    [
      "a blob with other bytes",
      (pieces, lock) =>
        pieces.map((one) =>
          one.name === blob(fileOf(lock).digest) ? { ...one, content: noise("evil", one.size) } : one,
        ),
      // The sums say what the bytes are, and not what the lock says.
      [`digest: ${kubeadm}`, `lock: ${kubeadm}`],
    ],
    [
      "a blob of another size",
      (pieces, lock) =>
        pieces.map((one) => (one.name === blob(fileOf(lock).digest) ? piece(one.name, noise("evil", 9)) : one)),
      [`size: ${kubeadm}`, `digest: ${kubeadm}`, `lock: ${kubeadm}`],
    ],
  ];
  test.each(cases)("%s", async (_, change, wanted) => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    // Headers and sums are made right for every change but the one to the sums themselves.
    const evil = altered(path, join(folder.path, "evil.tar"), (pieces) => change(pieces, sample.lock));
    const { ok, problems } = await verifying([evil]);
    expect(ok).toBeFalse();
    expect(problems.map(short).map((text) => text.replace(/[0-9a-f]{64}/, ""))).toEqual([...wanted]);
  });
});

describe("a lock that lies", () => {
  const cases: readonly (readonly [string, (lock: Lock) => Lock, string])[] = [
    ["about a size", (lock) => files(lock, (file) => ({ ...file, size: file.size + 1 })), "size: "],
    [
      "about what is published",
      (lock) =>
        files(lock, (file) => ({ ...file, published: { digest: `sha256:${"0".repeat(64)}`, source: "dl.k8s.io" } })),
      `lock: ${kubeadm}`,
    ],
    [
      "about what is published as sha512",
      (lock) =>
        files(lock, (file) => ({ ...file, published: { digest: `sha512:${"0".repeat(128)}`, source: "gvisor" } })),
      `digest: ${kubeadm}`,
    ],
    [
      "about a file's platform",
      (lock) => files(lock, (file) => ({ ...file, platforms: ["linux/s390x"] })),
      `lock: ${kubeadm}`,
    ],
    [
      "about an image's platforms",
      (lock) => ({
        ...images(lock, (image) => ({ ...image, platforms: [...image.platforms, "linux/s390x"] })),
        platforms: [...lock.platforms, "linux/s390x"],
      }),
      `incomplete: ${pause} linux/s390x`,
    ],
    [
      "about a platform that lacks",
      (lock) => images(lock, (image) => ({ ...image, unavailable: ["linux/arm64"] })),
      `lock: ${pause} linux/arm64`,
    ],
    [
      "about an image's blobs",
      (lock) => images(lock, (image) => ({ ...image, blobs: image.blobs.slice(0, -1) })),
      `lock: ${pause}`,
    ],
    [
      "about blobs of an image",
      (lock) => images(lock, (image) => ({ ...image, blobs: [...image.blobs, (lock.images[0] as LockedImage).root] })),
      `lock: ${pause}`,
    ],
  ];
  test.each(cases)("%s", async (_, lie, wanted) => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    const evil = altered(
      path,
      join(folder.path, "evil.tar"),
      rewritten("kso/lock.json", () => formatLock(lie(sample.lock))),
    );
    const { problems } = await verifying([evil]);
    expect([problems.map(short), problems.some((one) => short(one).startsWith(wanted))]).toEqual([
      problems.map(short),
      true,
    ]);
  });

  test("but a platform that nothing is for is a note, and an image is for its own platforms", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const lock = { ...sample.lock, platforms: [...sample.lock.platforms, "linux/s390x"] };
    const { path } = await sealed(folder.path, "noted.tar", { sample: { ...sample, lock } });
    const { problems, notes } = await verifying([path]);
    expect(problems).toEqual([]);
    expect(notes).toContainEqual({ item: "linux/s390x", message: "the lock is for it, and nothing in it is" });
  });

  test("but an exception on record is a note", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const sum = (path: string): string =>
      createHash("sha512")
        .update(new Map(sampleOptions().files).get(path) ?? "")
        .digest("hex");
    const { path } = await sealed(folder.path, "noted.tar", {
      sample: {
        ...sample,
        lock: {
          ...sample.lock,
          platforms: [...sample.lock.platforms, "linux/s390x"],
          files: sample.lock.files.map((file) => ({
            ...file,
            published:
              file.path === kubeadm
                ? ({ digest: `sha256:${"0".repeat(64)}`, source: "dl.k8s.io" } as const)
                : ({ digest: `sha512:${sum(file.path)}`, source: "elsewhere" } as const),
            ...(file.path === kubeadm && { accepted: true as const }),
          })),
          images: sample.lock.images.map((image) => ({
            ...image,
            platforms: [...image.platforms, "linux/s390x"],
            unavailable: ["linux/s390x"],
          })),
        },
      },
    });
    const { problems, notes } = await verifying([path]);
    expect(problems).toEqual([]);
    expect(notes.map(({ item }) => item)).toContain(kubeadm);
    expect(notes.map(({ item }) => item)).toContain(`${pause} linux/s390x`);
  });
});

test("an image whose index alone is in the bundle is incomplete, whatever is on record: no client could pull it", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = [
    {
      mediaType: mediaType.replace("index", "manifest"),
      digest: sha(noise("s390x", 9)),
      size: 9,
      platform: { os: "linux", architecture: "s390x" },
    },
  ];
  const root = sample.put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })), mediaType);
  const bare = (image: LockedImage): LockedImage =>
    image.image === pause ? { ...image, root, blobs: [root], referrers: [], unavailable: image.platforms } : image;
  const incomplete: Problem = {
    what: "incomplete",
    item: pause,
    message: expect.stringContaining("no image for any of its platforms"),
  };
  expect(await problemsOf(folder.path, sample, (lock) => ({ ...lock, images: lock.images.map(bare) }))).toEqual([
    incomplete,
  ]);
  // The record may be the lock's own, too.
  const unavailable = sample.lock.platforms.map((platform) => ({
    ...{ kind: "image" as const, name: "pause", component: "pause", version: "1", platform, locator: pause },
    ...{ reason: "no such image", included: false },
  }));
  const recorded = ({ unavailable: _, ...image }: LockedImage): LockedImage => image;
  expect(
    await problemsOf(folder.path, sample, (lock) => ({
      ...lock,
      unavailable,
      images: lock.images.map((image) => recorded(bare(image))),
    })),
  ).toEqual([incomplete]);
});

describe("architecture", () => {
  const youki = "github.com/youki/arm64/youki";
  const options = { files: [[youki, elf(62)] as const] };
  const onlyArm = (lock: Lock): Lock => ({
    ...lock,
    files: lock.files.map((file) => ({ ...file, platforms: ["linux/arm64"] })),
  });

  test("a file for both architectures with one's code is named, deep and not", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"), options);
    const forBoth = (lock: Lock): Lock => ({
      ...lock,
      files: lock.files.map((file) => ({ ...file, platforms: ["linux/amd64", "linux/arm64"] })),
    });
    const problems = await problemsOf(folder.path, sample, forBoth);
    expect(problems.map(short)).toEqual([`architecture: ${youki}`]);
    expect(problems[0]?.message).toContain("arm64/youki holds x86-64 code");
    const deep = await verifying([join(folder.path, "lying.tar")], { deep: true });
    expect(deep.problems.map(short)).toEqual([`architecture: ${youki}`]);
  });

  test("a file with another machine's code is named with both; it can be let through", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"), options);
    const problems = await problemsOf(folder.path, sample, onlyArm);
    expect(problems.map(short)).toEqual([`architecture: ${youki}`]);
    expect(problems[0]?.message).toContain("arm64/youki holds x86-64 code");
    const path = join(folder.path, "lying.tar");
    for (const allow of [["youki"], [youki]]) {
      const { ok, notes } = await verifying([path], { allow });
      expect([ok, notes.some(({ item }) => item === youki)]).toEqual([true, true]);
    }
    expect(verifying([path], { allow: ["yuoki"] })).rejects.toThrow("nothing in the bundle has that name");
    const onRecord = await problemsOf(folder.path, sample, (lock) => ({
      ...onlyArm(lock),
      files: onlyArm(lock).files.map((file) => ({ ...file, mismatch: "arm64/youki holds x86-64 code" })),
    }));
    expect(onRecord).toEqual([]);
  });

  test("an image whose configuration says amd64 for arm64 is named", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"), { images: [] });
    const { path } = await sealed(folder.path, "image.tar", {
      sample: { ...sample, lock: withImage(sample, "amd64", [elf(62)]) },
    });
    const { problems } = await verifying([path]);
    expect(problems.map(short)).toEqual(["architecture: registry.k8s.io/odd:1 linux/arm64"]);
    expect((await verifying([path], { allow: ["odd"] })).ok).toBeTrue();
  });

  test("with --deep the program that an image starts is looked at", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"), { images: [] });
    const { path } = await sealed(folder.path, "image.tar", {
      sample: { ...sample, lock: withImage(sample, "arm64", [elf(62)]) },
    });
    expect((await verifying([path])).problems).toEqual([]);
    const { problems } = await verifying([path], { deep: true });
    expect(problems.map(short)).toEqual(["architecture: registry.k8s.io/odd:1 linux/arm64"]);
    expect(problems[0]?.message).toContain("/app, holds x86-64 code");
  });
});

test("a bundle whose base is gone, and a path that is not there, are told apart", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  rmSync(path);
  expect(verifying([path])).rejects.toBeInstanceOf(KsoError);
  writeFileSync(path, "x".repeat(4096));
  expect((await verifying([path])).problems.map(({ what }) => what)).toEqual(["structure"]);
});

test("an abort stops it", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const reason = new KsoError("interrupted", "Interrupted");
  expect(verifying([path], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a hostile manifest is a problem of its image, and the verification goes on", async () => {
  using folder = temporary();
  const { path, sample } = await sealed(folder.path);
  const before = sample.lock.images.find(({ image }) => image === pause)?.root as Descriptor;
  const bytes = Buffer.from(`{"manifests":${"[".repeat(2000)}${"]".repeat(2000)}}`);
  const after = sample.put(bytes, before.mediaType);
  const swap = (text: string): string =>
    text.replaceAll(before.digest, after.digest).replaceAll(`"size": ${before.size}`, `"size": ${after.size}`);
  const evil = pack(
    join(folder.path, "evil.tar"),
    piecesOf(
      altered(path, join(folder.path, "tmp.tar"), (pieces) =>
        ["kso/lock.json", "index.json"]
          .reduce((all, name) => rewritten(name, swap)(all), pieces)
          .map((one) =>
            one.name.endsWith(before.digest.slice(7))
              ? piece(one.name.replace(before.digest.slice(7), after.digest.slice(7)), bytes)
              : one,
          ),
      ),
    ),
  );
  const { problems } = await verifying([evil]);
  expect(problems.filter(({ item }) => item.startsWith(pause)).length).toBeGreaterThan(0);
});

test("a bundle without files and images passes", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"), { files: [], images: [] });
  const { path } = await sealed(folder.path, "empty.tar", { sample });
  expect((await verifying([path])).problems).toEqual([]);
  expect(openBundle([path]).index).toEqual([]);
});

function files(lock: Lock, change: (file: LockedFile) => LockedFile): Lock {
  return { ...lock, files: lock.files.map((file) => (file.path === kubeadm ? change(file) : file)) };
}

function images(lock: Lock, change: (image: LockedImage) => LockedImage): Lock {
  return { ...lock, images: lock.images.map((image) => (image.image === pause ? change(image) : image)) };
}

/** The header of a program for a machine. */
function elf(machine: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.set([2, 0, machine, 0], 16);
  return bytes;
}

/** An image for both platforms, whose arm64 half says `architecture` and starts `/app` with these bytes. */
function withImage(sample: Sample, architecture: string, [program]: readonly [Uint8Array]): Lock {
  const oci = "application/vnd.oci.image";
  const json = (value: unknown, mediaType: string): Descriptor =>
    sample.put(Buffer.from(JSON.stringify(value)), mediaType);
  const blobs: Descriptor[] = [];
  const manifests = ["amd64", "arm64"].map((arch) => {
    const layer = sample.put(
      tarOf({ ...piece("app", arch === "arm64" ? program : elf(62)), mode: 0o755 }),
      `${oci}.layer.v1.tar`,
    );
    const says = arch === "arm64" ? architecture : arch;
    const config = json(
      {
        architecture: says,
        os: "linux",
        config: { Entrypoint: ["/app"] },
        rootfs: { type: "layers", diff_ids: [arch] },
      },
      `${oci}.config.v1+json`,
    );
    const mediaType = `${oci}.manifest.v1+json`;
    const one = json({ schemaVersion: 2, mediaType, config, layers: [layer] }, mediaType);
    blobs.push(one, config, layer);
    return { ...one, platform: { architecture: arch, os: "linux" } };
  });
  const mediaType = `${oci}.index.v1+json`;
  const root = json({ schemaVersion: 2, mediaType, manifests }, mediaType);
  const all = new Map([root, ...blobs].map((one) => [one.digest, one]));
  const image: LockedImage = {
    name: "odd",
    component: "odd",
    version: "1",
    platforms: sample.lock.platforms,
    resolved: "2026-11-24",
    image: "registry.k8s.io/odd:1",
    root,
    blobs: [...all.values()],
  };
  return { ...sample.lock, images: [image] };
}

function tarOf(one: Piece): Uint8Array {
  using folder = temporary();
  const path = pack(join(folder.path, "layer.tar"), [one]);
  return new Uint8Array(readFileSync(path));
}

describe("headers", () => {
  const kubeadmLink = `files/${kubeadm}`;
  const repacked = ["--format=pax", "--mtime=2020-01-01"];
  const tops = ["blobs", "files", "index.json", "kso", "oci-layout"];
  const withMode = (mode: number) => (pieces: Piece[]) =>
    pieces.map((one) => (one.name === kubeadmLink ? { ...one, mode } : one));

  test.each([0o4755, 0o2755, 0o6644])(
    "an entry with the mode %o is refused, whoever packed the archive",
    async (mode) => {
      using folder = temporary();
      const { path } = await sealed(folder.path);
      const evil = altered(path, join(folder.path, "evil.tar"), withMode(mode));
      const { problems } = await verifying([evil]);
      expect(problems.map(short)).toEqual([`structure: ${kubeadmLink}`]);
      expect(problems[0]?.message).toContain(`its mode is ${mode.toString(8)}, and 0644 was sealed`);
      const tree = unpack(path, join(folder.path, "tree"));
      chmodSync(join(tree, kubeadmLink), mode);
      expect((await verifying([tree])).problems.map(({ message }) => message).join()).toContain("setuid or setgid");
      const packed = join(folder.path, "packed.tar");
      expect(spawnSync("tar", ["cf", packed, ...repacked, "-C", tree, ...tops]).status).toBe(0);
      const { problems: foreign } = await verifying([packed]);
      expect(foreign.map(({ message }) => message).join()).toContain("setuid or setgid");
    },
  );

  test("what another program packed passes, and a note says that its headers are that program's", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const tree = unpack(path, join(folder.path, "tree"));
    const packed = join(folder.path, "packed.tar");
    expect(spawnSync("tar", ["cf", packed, ...repacked, "-C", tree, ...tops]).status).toBe(0);
    const { problems, notes } = await verifying([packed]);
    expect(problems).toEqual([]);
    expect(notes).toContainEqual({ item: packed, message: expect.stringContaining("another program packed it") });
  });

  test("a record in front of an entry that gives it another owner is seen", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const bytes = readFileSync(path);
    const { offset } = [...(openBundle([path]).archives[0]?.entries.values() ?? [])].find(
      ({ name }) => name === "index.json",
    ) as { offset: number };
    const record = Buffer.from("12 uid=1000\n");
    const header = Buffer.from(encodeEntry({ name: "PaxHeaders/x", type: "file", size: record.length, mode: 0o644 }));
    header.write("x", 156);
    header.write(`${headerSum(header).toString(8).padStart(6, "0")}\0 `, 148);
    const body = Buffer.concat([record, Buffer.alloc(512 - record.length)]);
    const evil = join(folder.path, "evil.tar");
    const at = offset - 512;
    writeFileSync(evil, Buffer.concat([bytes.subarray(0, at), header, body, bytes.subarray(at)]));
    expect((await verifying([evil])).problems.map(short)).toEqual(["structure: index.json"]);
  });

  test("bytes behind the end are seen", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const longer = join(folder.path, "longer.tar");
    writeFileSync(longer, Buffer.concat([readFileSync(path), Buffer.alloc(512)]));
    expect((await verifying([longer])).problems.map(short)).toEqual(["structure: oci-layout"]);
  });
});
