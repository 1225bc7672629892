// What the container image needs besides kso: the C library, out of Debian's packages, pinned by their digests. Debian keeps a stable
// release's packages where they are; what has moved is at snapshot.debian.org.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Reader } from "../src/machine-code/reader.ts";
import { tarMembers } from "../src/machine-code/tar.ts";
import { unxz } from "../src/machine-code/xz.ts";

/** The package of Debian 12, and where an older state of the archive has it. */
export const glibc = {
  version: "2.36-9+deb12u14",
  snapshot: "20260601T000000Z",
  sha256: {
    amd64: "ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf",
    arm64: "01f4330719fd4f65580e16ea5a0527f372fca750e8f588d26deaf09f2d3b1cf4",
  },
} as const;

/** The loader of each architecture, under the name that programs have it by. */
const loaders = { amd64: "lib64/ld-linux-x86-64.so.2", arm64: "lib/ld-linux-aarch64.so.1" } as const;

/** What programs load, and whose work it is. */
const wanted =
  /^(?:lib\/[^/]+\/(ld-linux-[^/]+|lib(?:c|m|dl|pthread|rt|resolv|nss_(?:dns|files))\.so\.\d+)|usr\/share\/doc\/libc6\/copyright)$/;

/** A file of a package. */
export interface PackageFile {
  readonly name: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/** The files that kso's binary needs on an architecture. @param cache a folder that outlives the run. */
export async function glibcFiles(arch: keyof typeof loaders, cache: string): Promise<PackageFile[]> {
  const bytes = await packageBytes(arch, cache);
  const files: PackageFile[] = [];
  // Whole, because the decoder serves one reader until that has all.
  const tree = await Array.fromAsync(unxz(dataOf(bytes)));
  for await (const { name: path, type, mode, body } of tarMembers(new Reader(chunks(tree)))) {
    const name = path.replace(/^\.\//, "");
    const [, library] = wanted.exec(name) ?? [];
    if (type !== "file" || !wanted.test(name)) continue;
    const content = Buffer.concat(await Array.fromAsync(body.chunks()));
    files.push({ name: library?.startsWith("ld-") ? loaders[arch] : name, mode, bytes: content });
  }
  if (!files.some(({ name }) => name === loaders[arch])) throw new Error(`libc6 for ${arch} has no ${loaders[arch]}`);
  return files;
}

/** The package, checked, from the cache or from Debian. */
async function packageBytes(arch: keyof typeof loaders, cache: string): Promise<Uint8Array> {
  const sum = glibc.sha256[arch];
  const path = join(cache, `libc6-${sum}.deb`);
  if (existsSync(path) && sumOf(readFileSync(path)) === sum) return readFileSync(path);
  const file = `pool/main/g/glibc/libc6_${glibc.version}_${arch}.deb`.replaceAll("+", "%2b");
  const places = ["deb.debian.org/debian", `snapshot.debian.org/archive/debian/${glibc.snapshot}`];
  const failures: string[] = [];
  for (const place of places) {
    try {
      const response = await fetch(`http://${place}/${file}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!response.ok || sumOf(bytes) !== sum) throw new Error(`status ${response.status}, sha256 ${sumOf(bytes)}`);
      mkdirSync(cache, { recursive: true });
      writeFileSync(`${path}.new`, bytes);
      renameSync(`${path}.new`, path);
      return bytes;
    } catch (cause) {
      failures.push(`${place}: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
  throw new Error(`libc6 ${glibc.version} for ${arch} with sha256 ${sum} cannot be had: ${failures.join("; ")}`);
}

async function* chunks(list: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* list;
}

function sumOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The compressed tree of a Debian package, which is an archive of `ar`: headers of 60 bytes, contents padded to two. */
async function* dataOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const text = (from: number, to: number): string => new TextDecoder().decode(bytes.subarray(from, to)).trim();
  for (let at = 8; at + 60 <= bytes.length; ) {
    const size = Number(text(at + 48, at + 58));
    if (text(at, at + 16).startsWith("data.tar.xz")) return yield bytes.subarray(at + 60, at + 60 + size);
    at += 60 + size + (size % 2);
  }
  throw new Error("the package has no data.tar.xz");
}
