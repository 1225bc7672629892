// The thread behind src/store/hashing.ts: it reads files and hashes what it reads.
import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { Extent } from "../core/descriptor.ts";
import { type Algorithm, digestOf } from "./digest-of.ts";

/** A message to the thread; `job` names the growing file that it is about, or the reply to it. */
export type HashRequest =
  | { type: "follow"; job: number; path: string; algorithms: readonly Algorithm[]; from: number }
  | { type: "advance"; job: number; size: number }
  | { type: "finish"; job: number; size: number }
  | { type: "restart"; job: number }
  | { type: "cancel"; job: number }
  | { type: "digest"; job: number; extents: readonly Extent[]; algorithm: Algorithm };

/** The thread's answer to `finish` and `digest`. */
export interface HashReply {
  readonly job: number;
  readonly digests: readonly string[];
  readonly error?: string;
}

const buffer = Buffer.allocUnsafe(1 << 20);
const files = new Map<number, GrowingFile>();
/** Why a growing file could not be hashed, by job; kept until its digests are requested. */
const failures = new Map<number, string>();

/** A file that is hashed as it grows. */
class GrowingFile {
  readonly #path: string;
  readonly #algorithms: readonly Algorithm[];
  /** Where the hashed part begins in the file. */
  readonly #from: number;
  readonly #file: number;
  #hashes: Hash[];
  #position: number;

  constructor(path: string, algorithms: readonly Algorithm[], from: number) {
    this.#path = path;
    this.#algorithms = algorithms;
    this.#from = from;
    this.#file = openSync(path, "r");
    this.#hashes = algorithms.map((algorithm) => createHash(algorithm));
    this.#position = from;
  }

  restart(): void {
    this.#hashes = this.#algorithms.map((algorithm) => createHash(algorithm));
    this.#position = this.#from;
  }

  /** Hashes up to byte `size`, or to the end of a shorter file: that one was emptied meanwhile, and a restart follows. */
  advance(size: number): void {
    while (this.#position < size) {
      const read = readSync(this.#file, buffer, 0, Math.min(buffer.length, size - this.#position), this.#position);
      if (read === 0) return;
      for (const hash of this.#hashes) hash.update(buffer.subarray(0, read));
      this.#position += read;
    }
  }

  /** The digests of what lies before byte `size`. */
  finish(size: number): string[] {
    this.advance(size);
    if (this.#position < size) throw new Error(`${this.#path}: it ends at byte ${this.#position} of ${size}`);
    return this.#hashes.map((hash, index) => `${this.#algorithms[index]}:${hash.digest("hex")}`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

parentPort?.on("message", (request: HashRequest) => {
  const { job, type } = request;
  try {
    const digests = carryOut(request);
    if (digests) reply({ job, digests });
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    close(job);
    // Only `finish` and `digest` have a reply; any other failure is kept until the file's `finish`.
    if (type === "finish" || type === "digest") reply({ job, digests: [], error });
    else failures.set(job, error);
  }
});

function reply(message: HashReply): void {
  parentPort?.postMessage(message);
}

/** Does what a message says. @returns the digests, where the message has a reply. */
function carryOut(request: HashRequest): string[] | undefined {
  if (request.type === "digest") return [digestOf(request.extents, request.algorithm)];
  if (request.type === "follow") {
    files.set(request.job, new GrowingFile(request.path, request.algorithms, request.from));
    return undefined;
  }
  return failures.has(request.job) ? endFailed(request) : continueFile(request);
}

/** Takes a message about a file that failed before: only its end matters. @throws Error with the failure at `finish`. */
function endFailed({ job, type }: HashRequest): undefined {
  if (type !== "finish" && type !== "cancel") return undefined;
  const failure = failures.get(job);
  failures.delete(job);
  if (type === "finish") throw new Error(failure);
  return undefined;
}

function continueFile(request: Exclude<HashRequest, { type: "digest" | "follow" }>): string[] | undefined {
  const { job } = request;
  const file = files.get(job);
  switch (request.type) {
    case "restart":
      file?.restart();
      return undefined;
    case "advance":
      file?.advance(request.size);
      return undefined;
    case "cancel":
      close(job);
      return undefined;
    case "finish": {
      const digests = file?.finish(request.size);
      close(job);
      return digests;
    }
  }
}

function close(job: number): void {
  files.get(job)?.close();
  files.delete(job);
}
