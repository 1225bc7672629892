// kso's network layer for tests: the real one, with waits that take no time and are written down; and a download target in memory.
import type { DownloadTarget } from "../../src/core/download-target.ts";
import { createHttp, type Http, type HttpOptions } from "../../src/http/http.ts";
import { transport } from "../../src/runtime/transport.ts";

/** `waits` collects what would have been waited, in milliseconds. Jitter is at its full length. */
export function testHttp(options: Partial<HttpOptions> = {}): { http: Http; waits: number[] } {
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  return { http: createHttp({ transport, env: {}, wait, random: () => 1, ...options }), waits };
}

export interface MemoryTarget extends DownloadTarget {
  readonly bytes: Uint8Array;
  /** The validators it was restarted with. */
  readonly restarts: (string | undefined)[];
  /** Resolves as soon as it holds so many bytes. */
  reached(size: number): Promise<void>;
}

export function memoryTarget(bytes: Uint8Array = new Uint8Array(), validator?: string): MemoryTarget {
  let chunks = [bytes.slice()];
  let version = validator;
  const restarts: (string | undefined)[] = [];
  const waiting: { size: number; resolve(): void }[] = [];
  const held = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return {
    restarts,
    reached: (size) => new Promise((resolve) => waiting.push({ size, resolve })),
    get size() {
      return held();
    },
    get bytes() {
      return new Uint8Array(Buffer.concat(chunks));
    },
    get validator() {
      return version;
    },
    restart(next) {
      restarts.push(next);
      chunks = [];
      version = next;
    },
    write(chunk) {
      chunks.push(chunk.slice());
      for (const { size, resolve } of waiting) if (held() >= size) resolve();
    },
  };
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return await promise.then(
    () => {
      throw new Error("it was not rejected");
    },
    (cause) => cause,
  );
}

/** Bytes that differ from place to place. */
export function sample(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + seed * 13) & 255);
}
