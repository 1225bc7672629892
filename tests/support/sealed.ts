// Bundles for tests: sealed as kso seals them, or put together entry by entry, so that they can lie in every way.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeEntry, paddingOf, type TarEntry, trailerSize } from "../../src/bundle/tar.ts";
import { readEntries } from "../../src/bundle/tar-reader.ts";
import { silentProgress } from "../../src/core/progress.ts";
import type { ExportOptions } from "../../src/export/exporter.ts";
import { writeTarball } from "../../src/export/tarball.ts";
import { type Hashing, startHashing } from "../../src/store/hashing.ts";
import type { VerifyReport } from "../../src/verify/report.ts";
import { type VerifyOptions, verifyPaths } from "../../src/verify/verify.ts";
import { type Sample, sampleLock } from "./bundle.ts";

/** An entry with its content. */
export type Piece = TarEntry & { readonly content: Uint8Array };

/** Hashing on the same thread: bundles of tests are small, and thousands are looked at. */
export const here: Hashing = {
  follow: () => {
    throw new Error("nothing grows here");
  },
  digest: async (extents, algorithm = "sha256") => {
    const hash = createHash(algorithm);
    for (const { path, offset, length } of extents) hash.update(readFileSync(path).subarray(offset, offset + length));
    return `${algorithm}:${hash.digest("hex")}`;
  },
  close: async () => undefined,
};

export async function verifying(paths: readonly string[], more: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  return await verifyPaths(paths, {
    hashing: here,
    progress: silentProgress,
    jobs: 4,
    deep: false,
    allow: [],
    ...more,
  });
}

/** A sample and its bundle. */
export async function sealed(
  folder: string,
  name = "bundle.tar",
  more: Partial<ExportOptions> & { readonly sample?: Sample } = {},
): Promise<{ sample: Sample; path: string }> {
  const { sample = sampleLock(join(folder, "blobs")), ...options } = more;
  const path = join(folder, name);
  const hashing = startHashing(1);
  try {
    await writeTarball({
      lock: sample.lock,
      blobs: sample.blobs,
      output: path,
      hashing,
      progress: silentProgress,
      ...options,
    });
  } finally {
    await hashing.close();
  }
  return { sample, path };
}

/** The entries of an archive. */
export function piecesOf(path: string): Piece[] {
  const bytes = readFileSync(path);
  const entries = readEntries((offset, length) => bytes.subarray(offset, offset + length), bytes.length);
  return [...entries].map(({ offset, ...entry }) => ({
    ...entry,
    content: bytes.subarray(offset, offset + entry.size),
  }));
}

/** A file entry. */
export function piece(name: string, content: string | Uint8Array): Piece {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { name, type: "file", size: bytes.length, mode: 0o644, content: bytes };
}

/** Writes an archive of these entries, whatever they are. */
export function pack(path: string, pieces: readonly Piece[]): string {
  const parts = pieces.flatMap(({ content, ...entry }) => [
    encodeEntry(entry),
    content,
    new Uint8Array(paddingOf(entry.size)),
  ]);
  writeFileSync(path, Buffer.concat([...parts, new Uint8Array(trailerSize)]));
  return path;
}

/**
 * The bundle with its entries changed, and `kso/SHA256SUMS` made right again for what it names: whoever lies does so with care.
 */
export function altered(path: string, to: string, change: (pieces: Piece[]) => Piece[]): string {
  const changed = change(piecesOf(path));
  const sums = new Map<string, string>();
  for (const { name, content, type } of changed)
    if (type === "file") sums.set(name, createHash("sha256").update(content).digest("hex"));
  const resolve = (name: string): string | undefined => {
    const found = changed.find((one) => one.name === name);
    return found?.type === "link" ? sums.get(found.target as string) : sums.get(name);
  };
  const fixed = changed.map((one) => {
    if (one.name !== "kso/SHA256SUMS") return one;
    const text = new TextDecoder().decode(one.content);
    const lines = text
      .split("\n")
      .map((line) => (line === "" ? line : `${resolve(line.slice(66)) ?? line.slice(0, 64)}${line.slice(64)}`));
    return piece(one.name, lines.join("\n"));
  });
  return pack(to, fixed);
}

/** One text entry of a bundle rewritten. */
export function rewritten(name: string, change: (text: string) => string): (pieces: Piece[]) => Piece[] {
  return (pieces) =>
    pieces.map((one) => (one.name === name ? piece(name, change(new TextDecoder().decode(one.content))) : one));
}
