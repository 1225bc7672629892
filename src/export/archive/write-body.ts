// Bytes on their way from the store into an archive, and what stops them.
import { KsoError } from "../../core/errors.ts";
import type { Contents } from "./body.ts";

/** Two of these alternate: one is read into while the other is written. Both fit a core's cache; larger is no faster. Bytes. */
const bufferSize = 1 << 18;

/** Reads ahead into one buffer while the other is written. */
export async function writeArchiveBody(
  contents: Contents,
  writer: { write(bytes: Uint8Array): Promise<void> },
  advance: (bytes: number) => void,
): Promise<void> {
  let [full, free] = [new Uint8Array(bufferSize), new Uint8Array(bufferSize)];
  advance(0);
  for (let filled = contents.fill(full); filled > 0; ) {
    const writing = writer.write(full.subarray(0, filled));
    let next: number;
    try {
      next = contents.fill(free);
    } finally {
      // Its buffer and its file must not change under it, and its failure must not go unheard.
      await writing;
    }
    advance(filled);
    [full, free, filled] = [free, full, next];
  }
}

export interface Abort {
  readonly aborted: Promise<never>;
  /** @throws KsoError `interrupted` */
  check(): void;
  forget(): void;
}

export function abortOf(signal: AbortSignal | undefined): Abort {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const interrupted = (): KsoError =>
    new KsoError("interrupted", "Interrupted while sealing: nothing was written; run it again", signal?.reason);
  const onAbort = (): void => reject(interrupted());
  signal?.addEventListener("abort", onAbort);
  return {
    aborted: promise,
    check() {
      if (signal?.aborted) throw interrupted();
    },
    forget: () => signal?.removeEventListener("abort", onAbort),
  };
}
