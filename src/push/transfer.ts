// Blobs into repositories: each is sent once, however many repositories want it, and the others take it from the first.

import { Semaphore } from "../core/concurrency.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { sliceExtents } from "../files/extents.ts";
import type { Registry } from "../oci/registry.ts";
import type { UploadSession } from "../oci/upload-session.ts";
import type { Survey } from "./inspect-target.ts";
import { extentsOf, type Means } from "./options.ts";
import { reasonFor } from "./reason.ts";
import type { Sessions } from "./sessions.ts";

export interface Transfers {
  /** Resolves when the blob is in the repository. Asked again, it gives the same answer; `anew`: whatever was said, it is not there. */
  place(repository: string, blob: Descriptor, anew?: boolean): Promise<void>;
  readonly sent: { items: number; bytes: number };
  mounted: number;
}

export function startTransfers(
  registry: Registry,
  { homes }: Survey,
  means: Means & { readonly sessions: Sessions },
): Transfers {
  const { progress, signal, sessions } = means;
  const semaphore = new Semaphore(means.jobs);
  const placed = new Map<string, Promise<void>>();
  const last = new Map<Digest, Promise<unknown>>();
  // Failures in a row. A registry that is gone is not asked for the six hundredth blob.
  let strikes = 0;
  let over: KsoError | undefined;

  const move = async (repository: string, blob: Descriptor): Promise<void> => {
    const free = await semaphore.acquire(signal);
    try {
      signal.throwIfAborted();
      if (over) throw over;
      await carry(repository, blob);
      strikes = 0;
      const there = homes.get(blob.digest) ?? new Set();
      homes.set(blob.digest, there.add(repository));
    } catch (thrown) {
      signal.throwIfAborted();
      if (++strikes === means.jobs * 2)
        over = new KsoError("remote", `given up after ${strikes} failures in a row: ${reasonFor(thrown)}`, thrown);
      throw thrown;
    } finally {
      free();
    }
  };

  const carry = async (repository: string, blob: Descriptor): Promise<void> => {
    const target = registry.writer(repository);
    const key = `${repository} ${blob.digest}`;
    let session: UploadSession | undefined;
    const [home] = homes.get(blob.digest) ?? [];
    if (home !== undefined) {
      const answer = await target.mount(blob, home, signal);
      if (answer === "mounted") {
        transfers.mounted++;
        return;
      }
      session = answer;
    }
    const item = progress.begin(`${repository} ${blob.digest.slice(0, 19)}`, blob.size);
    const extents = extentsOf(means, blob);
    try {
      await target.upload(
        blob,
        {
          part: (offset, length) => ({ size: length, open: () => means.open(sliceExtents(extents, offset, length)) }),
          advance: item.advance,
          retry: item.retry,
          remember: (open) => sessions.note(key, open?.url),
          chunk: means.chunk,
          signal,
        },
        session ?? sessions.of(key),
      );
    } catch (thrown) {
      item.fail(reasonFor(thrown));
      throw thrown;
    }
    item.done();
    transfers.sent.items++;
    transfers.sent.bytes += blob.size;
  };

  const transfers: Transfers = {
    sent: { items: 0, bytes: 0 },
    mounted: 0,
    place(repository, blob, anew = false) {
      const key = `${repository} ${blob.digest}`;
      if (anew) homes.delete(blob.digest);
      const known = anew ? undefined : placed.get(key);
      if (known) return known;
      if (homes.get(blob.digest)?.has(repository)) return Promise.resolve();
      // In turn, so that the second repository finds it in the first.
      const before = last.get(blob.digest) ?? Promise.resolve();
      const now = before.then(
        () => move(repository, blob),
        () => move(repository, blob),
      );
      // Whoever waits for it hears of its failure.
      now.catch(() => undefined);
      placed.set(key, now);
      last.set(blob.digest, now);
      return now;
    },
  };
  return transfers;
}
