// The thread behind src/store/hashing.ts.
import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { Extent } from "../core/descriptor.ts";

export type Algorithm = "sha256" | "sha512";

export type HashRequest =
  | { do: "follow"; job: number; path: string; algorithms: readonly Algorithm[]; from: number }
  | { do: "upto"; job: number; size: number }
  | { do: "end"; job: number; size: number }
  | { do: "restart"; job: number }
  | { do: "cancel"; job: number }
  | { do: "digest"; job: number; extents: readonly Extent[]; algorithm: Algorithm };

export interface HashReply {
  readonly job: number;
  readonly digests: readonly string[];
  readonly error?: string;
}

interface Followed {
  readonly file: number;
  readonly path: string;
  readonly algorithms: readonly Algorithm[];
  /** Where it begins in the file. */
  readonly from: number;
  hashes: Hash[];
  at: number;
}

const buffer = Buffer.allocUnsafe(1 << 20);
const followed = new Map<number, Followed>();
const broken = new Map<number, string>();

parentPort?.on("message", (order: HashRequest) => {
  try {
    const digests = carryOut(order);
    if (digests) answer({ job: order.job, digests });
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    forget(order.job);
    // Whoever waits, waits for the end: until then the failure is kept.
    if (order.do === "end" || order.do === "digest") answer({ job: order.job, digests: [], error });
    else broken.set(order.job, error);
  }
});

function answer(message: HashReply): void {
  parentPort?.postMessage(message);
}

function carryOut(order: HashRequest): string[] | undefined {
  if (order.do === "digest") return [digestOf(order.extents, order.algorithm)];
  if (order.do === "follow") {
    const { path, algorithms, from } = order;
    followed.set(order.job, {
      ...{ file: openSync(path, "r"), path, algorithms, from },
      ...{ hashes: fresh(algorithms), at: from },
    });
    return undefined;
  }
  const kept = broken.get(order.job);
  if (kept !== undefined) {
    if (order.do !== "end" && order.do !== "cancel") return undefined;
    broken.delete(order.job);
    if (order.do === "end") throw new Error(kept);
    return undefined;
  }
  const one = followed.get(order.job);
  if (!one) return undefined;
  if (order.do === "restart") {
    one.hashes = fresh(one.algorithms);
    one.at = one.from;
  } else if (order.do === "cancel") forget(order.job);
  else if (order.do === "upto") catchUp(one, order.size);
  else if (order.do === "end") {
    catchUp(one, order.size);
    if (one.at < order.size) throw new Error(`${one.path}: it ends at byte ${one.at} of ${order.size}`);
    const digests = one.hashes.map((hash, index) => `${one.algorithms[index]}:${hash.digest("hex")}`);
    forget(order.job);
    return digests;
  }
  return undefined;
}

function fresh(algorithms: readonly Algorithm[]): Hash[] {
  return algorithms.map((algorithm) => createHash(algorithm));
}

/** As far as the file goes: it may have been emptied since that was said, and then a restart follows. */
function catchUp(one: Followed, size: number): void {
  while (one.at < size) {
    const read = readSync(one.file, buffer, 0, Math.min(buffer.length, size - one.at), one.at);
    if (read === 0) return;
    for (const hash of one.hashes) hash.update(buffer.subarray(0, read));
    one.at += read;
  }
}

function forget(job: number): void {
  const one = followed.get(job);
  followed.delete(job);
  if (one) closeSync(one.file);
}

function digestOf(extents: readonly Extent[], algorithm: Algorithm): string {
  const hash = createHash(algorithm);
  for (const { path, offset, length } of extents) {
    const file = openSync(path, "r");
    try {
      for (let at = 0; at < length; ) {
        const read = readSync(file, buffer, 0, Math.min(buffer.length, length - at), offset + at);
        if (read === 0) throw new Error(`${path}: it ends at byte ${offset + at} of ${offset + length}`);
        hash.update(buffer.subarray(0, read));
        at += read;
      }
    } finally {
      closeSync(file);
    }
  }
  return `${algorithm}:${hash.digest("hex")}`;
}
