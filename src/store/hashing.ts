// Hashing on threads of its own, so that the one which moves bytes never waits for it. In travel paths and lengths, never
// bytes: the threads read what was just written out of the page cache.
import { URL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Algorithm, HashReply, HashRequest } from "./hash-worker.ts";

/** A file being written, hashed as it grows. */
export interface GrowingHash {
  /** The file is so long by now: as far as that it may be read. */
  advance(size: number): void;
  /** The file was emptied: begin anew. */
  restart(): void;
  /** Nothing more comes. @returns one digest for each algorithm, of what lies before byte `size` of the file. */
  digest(size: number): Promise<readonly Digest[]>;
  /** Forget it. */
  cancel(): void;
}

export interface Hashing {
  /** What comes before byte `from` (default: 0) does not count. */
  follow(path: string, algorithms: readonly Algorithm[], from?: number): GrowingHash;
  /** The digest of what lies there. @throws KsoError `unexpected` when it cannot be read to its end. */
  digest(extents: readonly Extent[], algorithm?: Algorithm): Promise<Digest>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(digests: readonly Digest[]): void;
  reject(cause: Error): void;
}

/** How far a growing file runs ahead of the messages about it. Bytes. */
const stride = 4 << 20;

/** Starts so many threads; each job goes to the one with the least to do. */
export function startHashing(threads: number): Hashing {
  const waiting = new Map<number, Waiting>();
  const lanes = Array.from({ length: threads }, () => ({ jobs: 0, worker: undefined as Worker | undefined }));
  let next = 0;
  // A thread that cannot start answers nobody.
  let dead: KsoError | undefined;

  const start = (): Worker => {
    const worker = new Worker(new URL("./hash-worker.ts", import.meta.url));
    worker.unref();
    worker.on("message", ({ job, digests, error }: HashReply) => {
      const waiter = waiting.get(job);
      waiting.delete(job);
      if (error === undefined) waiter?.resolve(digests as Digest[]);
      else waiter?.reject(new KsoError("unexpected", `Cannot hash ${error}`));
    });
    worker.on("error", (cause) => {
      dead = new KsoError("unexpected", `Cannot hash: ${messageOf(cause)}`, cause);
      for (const waiter of waiting.values()) waiter.reject(dead);
      waiting.clear();
    });
    return worker;
  };
  const begin = (): { post(order: HashRequest): void; job: number; end(): void } => {
    const lane = lanes.reduce((least, other) => (other.jobs < least.jobs ? other : least));
    lane.worker ??= start();
    lane.jobs++;
    const { worker } = lane;
    let ended = false;
    return {
      job: next++,
      post: (order) => worker.postMessage(order),
      end: () => {
        if (!ended) lane.jobs--;
        ended = true;
      },
    };
  };
  const result = (job: number): Promise<readonly Digest[]> =>
    new Promise((resolve, reject) => {
      if (dead) reject(dead);
      else waiting.set(job, { resolve, reject });
    });

  return {
    follow(path, algorithms, from = 0) {
      const { job, post, end } = begin();
      let told = from;
      post({ do: "follow", job, path, algorithms, from });
      return {
        advance(size) {
          if (size - told < stride) return;
          told = size;
          post({ do: "upto", job, size });
        },
        restart() {
          told = from;
          post({ do: "restart", job });
        },
        async digest(size) {
          const answer = result(job);
          post({ do: "end", job, size });
          return await answer.finally(end);
        },
        cancel() {
          post({ do: "cancel", job });
          end();
        },
      };
    },
    async digest(extents, algorithm = "sha256") {
      const { job, post, end } = begin();
      const answer = result(job);
      post({ do: "digest", job, extents, algorithm });
      const [digest] = await answer.finally(end);
      return digest as Digest;
    },
    async close() {
      await Promise.all(lanes.map(({ worker }) => worker?.terminate()));
    },
  };
}
