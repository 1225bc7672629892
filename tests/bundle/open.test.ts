// Opening bundles: in every form they come in, and refusing what is broken, hostile or does not belong together.
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { metadataLimit, parseLock, readLock } from "../../src/bundle/lock.ts";
import { openBundle, openBundles } from "../../src/bundle/open.ts";
import { encodeEntry } from "../../src/bundle/tar.ts";
import { KsoError } from "../../src/core/errors.ts";
import { blobsOf, formatLock, type Lock } from "../../src/core/lock.ts";
import { readWhole } from "../../src/files/extents.ts";
import { sampleLock, sampleOptions } from "../support/bundle.ts";
import { altered, pack, piece, piecesOf, rewritten, sealed } from "../support/sealed.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

// biome-ignore lint/suspicious/noExplicitAny: a lock that is about to be made wrong
type Loose = Record<string, any>;

function refusal(act: () => unknown): KsoError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof KsoError) return thrown;
    throw thrown;
  }
  throw new Error("it was not refused");
}

/** Every blob and file can be had, and is what it should be. */
function expectWhole(paths: readonly string[], lock: Lock): void {
  const bundle = openBundle(paths);
  expect(bundle.lock).toEqual(lock);
  for (const { digest, size } of blobsOf(lock)) expect(sha(readWhole(bundle.locate(digest) ?? [], size))).toBe(digest);
  for (const { path, digest, size } of lock.files)
    expect(sha(readWhole(bundle.locateFile(`files/${path}`) ?? [], size))).toBe(digest);
  expect(bundle.locate(`sha256:${"0".repeat(64)}`)).toBeUndefined();
  expect(bundle.locateFile("files/nothing")).toBeUndefined();
  expect(bundle.locateFile("blobs/")).toBeUndefined();
  expect([...bundle.names]).toContain("kso/SHA256SUMS");
}

function unpack(path: string, to: string): string {
  mkdirSync(to, { recursive: true });
  expect(spawnSync("tar", ["xf", path, "-C", to]).status).toBe(0);
  return to;
}

describe("every form", () => {
  test("an archive", async () => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    expectWhole([path], sample.lock);
    const bundle = openBundle([path]);
    expect(
      bundle.index
        .map(({ annotations }) => annotations["org.opencontainers.image.ref.name"])
        .slice(0, 3)
        .sort(),
    ).toEqual(sample.lock.images.map(({ image }) => image).sort());
    expect(bundle.lockDigest).toBe(sha(Buffer.from(formatLock(sample.lock))));
    expect(bundle.size).toBe(readFileSync(path).length);
    expect(bundle.archives.map(({ base }) => base)).toEqual([undefined]);
  });

  test("volumes, by any of their names", async () => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path, "bundle.tar", { split: 1 << 20, sample: large(folder.path) });
    for (const name of [path, `${path}.001`, `${path}.003`, `${path}.volumes.json`]) expectWhole([name], sample.lock);
    // As a shell expands bundle.tar.*
    expectWhole([`${path}.001`, `${path}.002`, `${path}.003`, `${path}.volumes.json`], sample.lock);
    expect(openBundle([path]).archives[0]?.volumes?.length).toBe(3);
  });

  test("an unpacked directory", async () => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    expectWhole([unpack(path, join(folder.path, "tree"))], sample.lock);
  });

  test("a delta and its base, in either order, packed and unpacked", async () => {
    using folder = temporary();
    const { base, delta, lock } = await stacked(folder.path);
    expectWhole([base, delta], lock);
    expectWhole([delta, base], lock);
    expectWhole([delta, unpack(base, join(folder.path, "tree"))], lock);
    const alone = unpack(delta, join(folder.path, "alone"));
    expect(refusal(() => openBundle([alone])).message).toContain("name that bundle too");
    expectWhole([alone, base], lock);
    // Unpacked over its base it is whole.
    expectWhole([unpack(delta, join(folder.path, "tree"))], lock);
    const bundle = openBundle([delta, base]);
    expect(bundle.archives.map(({ path }) => path)).toEqual([base, delta]);
    expect(bundle.archives[1]?.base).toBe(openBundle([base]).lockDigest);
    expect(openBundle([delta], { alone: true }).lock).toEqual(lock);
  });

  test("a delta over a delta", async () => {
    using folder = temporary();
    const { base, delta, lock, third } = await stacked(folder.path);
    expectWhole([third.path, base, delta], third.lock);
    expect(refusal(() => openBundle([third.path, base])).message).toContain(sha(Buffer.from(formatLock(lock))));
  });

  test("a delta in which nothing changed", async () => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    const same = await sealed(folder.path, "same.tar", { sample, base: { lock: sample.lock } });
    expectWhole([same.path, path], sample.lock);
    expect(refusal(() => openBundle([same.path])).message).toContain("name that bundle too");
  });

  test("several at once: each whole one, and each delta with its base", async () => {
    using folder = temporary();
    const { base, delta, third } = await stacked(folder.path);
    const others = sampleLock(join(folder.path, "o"), { files: [] });
    const other = await sealed(folder.path, "other.tar", { sample: others });
    const second = await sealed(folder.path, "second.tar", { sample: others, base: { lock: openBundle([base]).lock } });
    const opened = (...paths: string[]): string[][] =>
      openBundles(paths).map(({ archives }) => archives.map(({ path }) => path));
    expect(opened(base)).toEqual([[base]]);
    expect(opened(base, other.path)).toEqual([[base], [other.path]]);
    expect(opened(delta, other.path, base)).toEqual([[base, delta], [other.path]]);
    expect(opened(third.path, base, delta)).toEqual([[base, delta, third.path]]);
    // Two deltas share their base.
    expect(opened(delta, second.path, base)).toEqual([
      [base, delta],
      [base, second.path],
    ]);
    expect(refusal(() => openBundles([])).code).toBe("usage");
    expect(refusal(() => openBundles([delta, other.path])).message).toContain("name that bundle too");
    const alone = unpack(delta, join(folder.path, "alone"));
    expect(refusal(() => openBundles([alone])).message).toContain("name that bundle too");
  });

  test("a lock by itself", async () => {
    using folder = temporary();
    const { lock } = sampleLock(join(folder.path, "blobs"));
    const path = join(folder.path, "kso.lock.json");
    writeFileSync(path, formatLock(lock));
    expect(readLock(path)).toEqual(lock);
    expect(refusal(() => readLock(`${path}.gone`)).code).toBe("usage");
  });
});

describe("what does not belong together", () => {
  test("a delta without its base, or with another, is named with the lock of its base", async () => {
    using folder = temporary();
    const { base, delta } = await stacked(folder.path);
    const other = (
      await sealed(folder.path, "other.tar", { sample: sampleLock(join(folder.path, "o"), { files: [] }) })
    ).path;
    const wanted = openBundle([base]).lockDigest;
    for (const given of [[delta], [delta, other]]) {
      const { code, message } = refusal(() => openBundle(given));
      expect([code, message.includes(delta), message.includes(wanted)]).toEqual(["verify", true, true]);
    }
    expect(refusal(() => openBundle([delta, other])).message).toContain(openBundle([other]).lockDigest);
    expect(refusal(() => openBundle([base, other])).message).toContain("each is whole by itself");
  });

  test("a path that is not there is a usage error", () => {
    using folder = temporary();
    expect(refusal(() => openBundle([join(folder.path, "gone.tar")])).code).toBe("usage");
    expect(refusal(() => openBundle([])).code).toBe("usage");
    writeFileSync(join(folder.path, "lost.tar.001"), "x");
    expect(refusal(() => openBundle([join(folder.path, "lost.tar.001")])).message).toContain("lost.tar.volumes.json");
  });
});

describe("volumes", () => {
  test("that are missing or have another size are named, all of them", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path, "bundle.tar", { split: 1 << 20, sample: large(folder.path) });
    rmSync(`${path}.001`);
    truncateSync(`${path}.002`, 1000);
    const { code, message } = refusal(() => openBundle([`${path}.003`]));
    expect(code).toBe("verify");
    expect(message).toContain("the volume bundle.tar.001 is missing");
    expect(message).toContain("the volume bundle.tar.002 has 1000 bytes, not 1048576");
  });

  test("whose index climbs, repeats, or does not add up are refused", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path, "bundle.tar", { split: 1 << 20, sample: large(folder.path) });
    const index = `${path}.volumes.json`;
    const text = readFileSync(index, "utf8");
    const tries: readonly (readonly [string, string])[] = [
      [text.replace('"bundle.tar.002"', '"../bundle.tar.002"'), "volumes.1.name: must be a file name"],
      [text.replace('"bundle.tar.002"', '"bundle.tar.001"'), "two volumes have one name"],
      [text.replace(/"size": \d+/, '"size": 7'), "size says 7"],
      [text.replace("kso.volumes/1", "kso.volumes/9"), "schema"],
      [text.slice(0, 99), "it is not JSON"],
      [text.replace(/"size": 1048576/, '"size": 1e300'), "whole number"],
    ];
    for (const [wrong, reason] of tries) {
      writeFileSync(index, wrong);
      const { code, message } = refusal(() => openBundle([path]));
      expect([code, message.includes(index), message.includes(reason), reason]).toEqual(["verify", true, true, reason]);
    }
  });

  test("in the wrong order: the entry and the volume are named", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path, "bundle.tar", { split: 1 << 20, sample: large(folder.path) });
    renameSync(`${path}.001`, `${path}.tmp`);
    renameSync(`${path}.002`, `${path}.001`);
    renameSync(`${path}.tmp`, `${path}.002`);
    expect(refusal(() => openBundle([path])).message).toContain("(in the volume bundle.tar.001)");
  });
});

describe("hostile archives", () => {
  const cases: readonly (readonly [
    string,
    (pieces: ReturnType<typeof piecesOf>) => ReturnType<typeof piecesOf>,
    string,
  ])[] = [
    ["a name that climbs", (all) => [piece("../evil", "x"), ...all], "climbs"],
    ["an absolute name", (all) => [piece("/etc/evil", "x"), ...all], "absolute"],
    [
      "a link out of the tree",
      (all) => [...all, { ...piece("files/l", ""), type: "link", target: "../../etc/passwd" }],
      "climbs",
    ],
    ["two entries with one name", (all) => [...all, ...all.filter(({ name }) => name === "index.json")], "two entries"],
    ["no lock", (all) => all.filter(({ name }) => name !== "kso/lock.json"), "kso/lock.json is missing"],
    ["no index", (all) => all.filter(({ name }) => name !== "index.json"), "index.json is missing"],
    ["an index that is not one", rewritten("index.json", () => "[]"), "index.json"],
    ["a lock that is not JSON", rewritten("kso/lock.json", (text) => text.slice(1)), "it is not JSON"],
    ["a lock of another kind", rewritten("kso/lock.json", () => '{"schema":"kso.plan/1"}'), "it is not a lock of kso"],
    ["a lock of tomorrow", rewritten("kso/lock.json", () => '{"schema":"kso.lock/3"}'), "newer kso"],
    [
      "a lock whose file climbs",
      rewritten("kso/lock.json", (text) => text.replace('"dl.k8s.io/', '"../dl.k8s.io/')),
      "files.0.path",
    ],
    ["a size below nothing", rewritten("kso/lock.json", (text) => text.replace('"size": 70000', '"size": -1')), "size"],
    [
      "a blob with two sizes",
      rewritten("kso/lock.json", (text) => text.replace('"size": 1024', '"size": 1025')),
      "elsewhere",
    ],
  ];
  test.each(cases)("%s", async (_, change, reason) => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const evil = pack(join(folder.path, "evil.tar"), change(piecesOf(path)));
    const { code, message } = refusal(() => openBundle([evil]));
    expect([code, message.includes(evil), message.includes(reason), message]).toEqual(["verify", true, true, message]);
  });

  test("an index and a lock above the limit are not read", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const [index] = piecesOf(path).filter(({ name }) => name === "index.json");
    const evil = join(folder.path, "evil.tar");
    // Sparse: the size is real, the disk is not used.
    const size = metadataLimit + 512;
    writeFileSync(evil, encodeEntry({ ...(index as typeof index & object), size }));
    truncateSync(evil, 512 + size);
    writeFileSync(
      evil,
      readFileSync(
        pack(
          join(folder.path, "rest.tar"),
          piecesOf(path).filter(({ name }) => name !== "index.json"),
        ),
      ),
      {
        flag: "a",
      },
    );
    expect(refusal(() => openBundle([evil])).message).toContain(`index.json has ${size} bytes`);
  });

  test("what is no bundle is named with the reason", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    expect(spawnSync("gzip", ["-k", path]).status).toBe(0);
    expect(refusal(() => openBundle([`${path}.gz`])).message).toContain("run gunzip on it first");
    writeFileSync(join(folder.path, "text"), "no tar at all, but long enough to be one\n".repeat(99));
    expect(refusal(() => openBundle([join(folder.path, "text")])).message).toContain("no bundle but a text file");
    writeFileSync(join(folder.path, "empty"), "");
    expect(refusal(() => openBundle([join(folder.path, "empty")])).code).toBe("verify");
    mkdirSync(join(folder.path, "folder"));
    expect(refusal(() => openBundle([join(folder.path, "folder")])).message).toContain("no bundle but an empty folder");
    expect(refusal(() => openBundle(["/dev/zero"])).code).toBe("usage");
    expect(refusal(() => readLock("/dev/zero")).code).toBe("usage");
  });

  test("a link in an unpacked directory is not followed", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const tree = unpack(path, join(folder.path, "tree"));
    symlinkSync("/etc/passwd", join(tree, "files/passwd"));
    expect(refusal(() => openBundle([tree])).message).toContain("is a symbolic link");
  });

  test("an archive packed again by GNU tar is the same bundle", async () => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    const tree = unpack(path, join(folder.path, "tree"));
    const again = join(folder.path, "again.tar");
    expect(
      spawnSync("tar", ["--format=pax", "-cf", again, "-C", tree, "blobs", "files", "index.json", "kso", "oci-layout"])
        .status,
    ).toBe(0);
    expectWhole([again], sample.lock);
  });
});

describe("locks", () => {
  test("name the field that is wrong", () => {
    using folder = temporary();
    const { lock } = sampleLock(join(folder.path, "blobs"));
    const wrong = (change: (lock: Loose) => void): string => {
      const copy = JSON.parse(JSON.stringify(lock)) as Loose;
      change(copy);
      return refusal(() => parseLock(JSON.stringify(copy), "x.lock.json")).message;
    };
    // It ends up in files that Ansible evaluates.
    expect(wrong((copy) => (copy["kubernetes"] = "{{ lookup('pipe', 'id') }}"))).toContain(
      "kubernetes: must be a version",
    );
    expect(wrong((copy) => (copy["kubernetes"] = "1.35.4\nx: y"))).toContain("kubernetes: must be a version");
    expect(wrong((copy) => (copy["files"][1].digest = "sha256:zz"))).toBe(
      "Cannot use x.lock.json: files.1.digest: must be sha256: and 64 lower-case hex digits",
    );
    expect(wrong((copy) => (copy["files"][0].platforms = []))).toContain("files.0.platforms");
    expect(wrong((copy) => (copy["images"][0].image = "nginx"))).toContain("images.0.image: must be a full image name");
    expect(wrong((copy) => (copy["files"][0].surprise = 1))).toContain("surprise");
    expect(wrong((copy) => delete copy["kubernetes"])).toContain("kubernetes");
    expect(wrong((copy) => (copy["images"][0].root.digest = `sha256:${"0".repeat(64)}`))).toContain(
      "not among its blobs",
    );
    expect(
      wrong((copy) => {
        copy["gaps"] = copy["unavailable"];
        delete copy["unavailable"];
      }),
    ).toBe(
      "Cannot use x.lock.json: unavailable is missing; another version of kso may have written it: write it anew with this one",
    );
    expect(wrong((copy) => (copy["later"] = 1))).toContain("later is no field that this kso knows");
    expect(wrong((copy) => (copy["files"][1].path = copy["files"][0].path))).toContain("is both");
    for (const text of ["", "null", "[]", "7", '"x"', "{".repeat(100_000)])
      expect(refusal(() => parseLock(text, "x.lock.json")).code).toBe("verify");
  });
});

/** More bytes than two volumes hold. */
function large(folder: string): ReturnType<typeof sampleLock> {
  const files = [["dl.k8s.io/large", noise("large", 2_200_000)] as const, ...sampleOptions().files];
  return sampleLock(join(folder, "large"), { files });
}

/** A base, a delta over it with one file and one image changed, and a delta over that. */
async function stacked(folder: string): Promise<{
  base: string;
  delta: string;
  lock: Lock;
  third: { path: string; lock: Lock };
}> {
  const first = await sealed(folder, "base.tar");
  const options = sampleOptions();
  const next = sampleLock(join(folder, "next"), {
    files: [...options.files.slice(1), ["dl.k8s.io/release/v1.35.5/bin/linux/amd64/kubeadm", noise("newer", 4_000)]],
    images: [["registry.k8s.io/pause:3.11", "newer pause"], ...options.images.slice(1)],
  });
  const second = await sealed(folder, "delta.tar", { sample: next, base: { lock: first.sample.lock } });
  const last = sampleLock(join(folder, "last"), { files: options.files.slice(2), images: options.images });
  const third = await sealed(folder, "third.tar", { sample: last, base: { lock: next.lock } });
  copyFileSync(first.path, join(folder, "copy.tar"));
  return { base: first.path, delta: second.path, lock: next.lock, third: { path: third.path, lock: last.lock } };
}

test("a bundle rewritten with care is still refused where it contradicts itself", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const evil = altered(
    path,
    join(folder.path, "evil.tar"),
    rewritten("index.json", (text) => text.replace('"size"', '"sizes"')),
  );
  expect(refusal(() => openBundle([evil])).message).toContain("size");
});
