// Hashing on threads, so that the one which moves bytes never waits for it. Only paths and lengths go to the threads, never
// bytes: they read what was just written out of the page cache.
import { URL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Algorithm } from "./digest-of.ts";
import type { HashReply, HashRequest } from "./hash-worker.ts";

/** A file being written, hashed as it grows. */
export interface GrowingHash {
  /** Says how long the file is now: up to there it may be read. */
  advance(size: number): void;
  /** Says that the file was emptied: hashing begins again. */
  restart(): void;
  /** Ends the hashing. @returns one digest for each algorithm, of what lies before byte `size` of the file. */
  digest(size: number): Promise<readonly Digest[]>;
  /** Forgets the file. */
  cancel(): void;
}

/** Threads that hash. */
export interface Hashing {
  /** Hashes a file as it grows. What comes before byte `from` (default: 0) does not count. */
  follow(path: string, algorithms: readonly Algorithm[], from?: number): GrowingHash;
  /** The digest of what lies there. @throws KsoError `unexpected` when it cannot be read to its end. */
  digest(extents: readonly Extent[], algorithm?: Algorithm): Promise<Digest>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** How far a file grows between two messages about it. Bytes. */
const stride = 4 << 20;

/** Starts so many threads, each when it is first needed; each job goes to the one with the least to do. */
export function startHashing(threads: number): Hashing {
  return new HashingThreads(threads);
}

class HashingThreads implements Hashing {
  readonly #threads: readonly HashThread[];
  #nextJob = 0;

  constructor(threads: number) {
    this.#threads = Array.from({ length: threads }, () => new HashThread());
  }

  follow(path: string, algorithms: readonly Algorithm[], from = 0): GrowingHash {
    return new ThreadedHash(this.#leastBusy(), { job: this.#nextJob++, path, algorithms, from });
  }

  async digest(extents: readonly Extent[], algorithm: Algorithm = "sha256"): Promise<Digest> {
    const thread = this.#leastBusy();
    thread.begin();
    try {
      const [digest] = await thread.request({ type: "digest", job: this.#nextJob++, extents, algorithm });
      return digest as Digest;
    } finally {
      thread.end();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #leastBusy(): HashThread {
    return this.#threads.reduce((least, other) => (other.jobs < least.jobs ? other : least));
  }
}

interface PendingReply {
  resolve(digests: readonly Digest[]): void;
  reject(cause: Error): void;
}

/** One thread, with the replies that are awaited from it. */
class HashThread {
  readonly #pending = new Map<number, PendingReply>();
  #worker: Worker | undefined;
  #jobs = 0;
  /** Why the thread ended; it replies to nothing any more. */
  #failure: KsoError | undefined;

  /** How many jobs are under way. */
  get jobs(): number {
    return this.#jobs;
  }

  begin(): void {
    this.#jobs++;
  }

  end(): void {
    this.#jobs--;
  }

  /** Sends a message that has no reply. */
  post(request: HashRequest): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  /** Sends a message and returns the digests of its reply. @throws KsoError `unexpected` when the file cannot be read. */
  request(request: HashRequest): Promise<readonly Digest[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Digest[]>();
    if (this.#failure) reject(this.#failure);
    else this.#pending.set(request.job, { resolve, reject });
    this.post(request);
    return promise;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./hash-worker.ts", import.meta.url));
    worker.unref();
    worker.on("message", (reply: HashReply) => this.#settle(reply));
    worker.on("error", (cause) => {
      this.#failure = new KsoError("unexpected", `Cannot hash: ${messageOf(cause)}`, cause);
      for (const { reject } of this.#pending.values()) reject(this.#failure);
      this.#pending.clear();
    });
    return worker;
  }

  #settle({ job, digests, error }: HashReply): void {
    const pending = this.#pending.get(job);
    this.#pending.delete(job);
    if (error === undefined) pending?.resolve(digests as Digest[]);
    else pending?.reject(new KsoError("unexpected", `Cannot hash ${error}`));
  }
}

class ThreadedHash implements GrowingHash {
  readonly #thread: HashThread;
  readonly #job: number;
  readonly #from: number;
  /** The size in the last message to the thread. */
  #size: number;
  #ended = false;

  constructor(
    thread: HashThread,
    file: {
      readonly job: number;
      readonly path: string;
      readonly algorithms: readonly Algorithm[];
      readonly from: number;
    },
  ) {
    this.#thread = thread;
    this.#job = file.job;
    this.#from = file.from;
    this.#size = file.from;
    thread.begin();
    thread.post({ type: "follow", ...file });
  }

  advance(size: number): void {
    if (size - this.#size < stride) return;
    this.#size = size;
    this.#thread.post({ type: "advance", job: this.#job, size });
  }

  restart(): void {
    this.#size = this.#from;
    this.#thread.post({ type: "restart", job: this.#job });
  }

  async digest(size: number): Promise<readonly Digest[]> {
    try {
      return await this.#thread.request({ type: "finish", job: this.#job, size });
    } finally {
      this.#end();
    }
  }

  cancel(): void {
    this.#thread.post({ type: "cancel", job: this.#job });
    this.#end();
  }

  #end(): void {
    if (!this.#ended) this.#thread.end();
    this.#ended = true;
  }
}
