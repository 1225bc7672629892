// Small blobs for tests of the store.
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { Ingest } from "../../src/store/ingest.ts";
import type { Store } from "../../src/store/store.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const sha = (text: string, algorithm: "sha256" | "sha512" = "sha256"): Digest =>
  `${algorithm}:${createHash(algorithm).update(text).digest("hex")}`;
export const hex = (text: string): string => sha(text).slice(7);
export const blob = (text: string): Descriptor => ({ mediaType: "x/y", digest: sha(text), size: text.length });
export const content = (store: Store, text: string): string =>
  readFileSync(store.locate(sha(text))?.[0]?.path ?? "nowhere", "utf8");

/** An ingest that must be free. */
export function ingest(store: Store, key: string, algorithm: "sha256" | "sha512" = "sha256"): Ingest {
  const started = store.ingest(key, algorithm);
  if (!started) throw new Error("it is busy");
  return started;
}

/** The start of process 1, which lives as long as the machine. */
export function startOfInit(): string {
  const stat = readFileSync("/proc/1/stat", "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Replaces the bytes of a file in place, and sets its time of change back, as whoever copies, restores or damages it might. */
export function overwrite(path: string, content: string | Uint8Array): void {
  const before = lstatSync(path, { bigint: true });
  // Within one tick of the file system's clock no time tells the difference.
  do {
    writeFileSync(path, content);
    utimesSync(path, before.atime, before.mtime);
  } while (lstatSync(path, { bigint: true }).ctimeNs === before.ctimeNs);
}
