// Transfers blobs from their sources into the store: the largest first, several at one time, each once.
import { setTimeout as pause } from "node:timers/promises";
import { drainConcurrently, Semaphore } from "../core/concurrency.ts";
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Progress, ProgressItem } from "../core/progress.ts";
import type { ExpectedDownload } from "../http/download.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Ingest } from "../store/ingest.ts";
import type { Store } from "../store/store.ts";
import { ingestBlob, type WantedBlob, WrongDigest, withProgress } from "./ingest.ts";
import { isRetryable, originOf, SourceHealth } from "./source-health.ts";

/** Tries in the second pass, when there is nothing else to do: about half a minute. */
const secondPassAttempts = 8;

/** One blob to fetch. */
export interface Transfer extends WantedBlob {
  /** Its name in progress and messages. */
  readonly label: string;
  /** The name of the partial download: the same for every process that fetches this blob. */
  readonly key: string;
  /** Requests for it, in order of preference. */
  readonly sources: readonly HttpRequest[];
}

/** How many bytes a transfer will have, as far as it is known. */
export function forecastSize({ size, announced }: Pick<Transfer, "size" | "announced">): number | undefined {
  return size ?? announced?.bytes;
}

/** How a transfer ended. */
export type TransferResult =
  | { readonly arrived: true; readonly digest: Digest; readonly size: number }
  | { readonly arrived: false; readonly cause: unknown; readonly url: string; readonly attempts: number };

/** What transfers need beside their list. */
export interface TransferContext {
  readonly store: Store;
  readonly http: Http;
  readonly progress: Progress;
  readonly jobs: number;
  /** The most bytes of a file whose size no server has told. */
  readonly limits: NonNullable<ExpectedDownload["limits"]>;
  readonly signal?: AbortSignal | undefined;
}

type OnDone = (transfer: Transfer, result: TransferResult) => Promise<void>;

/** Runs all transfers and calls `onDone` as each ends. The failure of one does not stop the others; an abort does. */
export async function transferAll(
  transfers: readonly Transfer[],
  context: TransferContext,
  onDone: OnDone,
): Promise<void> {
  await new TransferQueue(transfers, context, onDone).run();
}

/** The blob that is in the store already, by any of the expected digests. */
export function findPresent(
  { expected, size }: Pick<Transfer, "expected" | "size">,
  store: Store,
): { readonly digest: Digest; readonly size: number } | undefined {
  for (const candidate of expected) {
    const digest = candidate.startsWith("sha256:") ? candidate : store.alias(candidate);
    const present = digest && store.sizeOf(digest);
    if (digest && present !== undefined && (size === undefined || size === present)) return { digest, size: present };
  }
  return undefined;
}

interface Pending {
  readonly transfer: Transfer;
  /** A retryable failure in the first pass gives a transfer a second one, after all others. */
  readonly pass: "first" | "second";
  readonly attempts: number;
  /** Has it been postponed, because another process was fetching it? */
  readonly postponed: boolean;
}

/** The transfers that are still to be done. */
class TransferQueue {
  readonly #pending: Pending[];
  readonly #context: TransferContext;
  readonly #onDone: OnDone;
  readonly #health = { first: new SourceHealth(), second: new SourceHealth() };
  readonly #downloads: Semaphore;
  readonly #signal: AbortSignal;

  constructor(transfers: readonly Transfer[], context: TransferContext, onDone: OnDone) {
    // A file of unknown size may be the largest of all.
    const sizeOf = (transfer: Transfer): number => forecastSize(transfer) ?? Number.MAX_SAFE_INTEGER;
    this.#pending = [...transfers]
      .sort((a, b) => sizeOf(b) - sizeOf(a))
      .map((transfer) => ({ transfer, pass: "first", attempts: 0, postponed: false }));
    this.#context = context;
    this.#onDone = onDone;
    this.#downloads = new Semaphore(context.jobs);
    this.#signal = context.signal ?? new AbortController().signal;
  }

  /** More workers than downloads: while some wait for the disk and the hash, the network is not idle. */
  async run(): Promise<void> {
    await drainConcurrently(this.#context.jobs * 2, this.#pending, (next) => this.#process(next));
  }

  async #process(next: Pending): Promise<void> {
    this.#signal.throwIfAborted();
    const { transfer, pass, attempts } = next;
    const result = await this.#transfer(next);
    if (result === "busy") await this.#postpone(next);
    else if (result.arrived) await this.#onDone(transfer, result);
    else if (pass === "first" && isRetryable(result.cause))
      this.#pending.push({ ...next, pass: "second", attempts: result.attempts });
    else await this.#onDone(transfer, { ...result, attempts: attempts + result.attempts });
  }

  /** Another process fetches it: go on with the others, then look again. */
  async #postpone(next: Pending): Promise<void> {
    this.#pending.push({ ...next, postponed: true });
    if (next.postponed) await pause(100, undefined, { signal: this.#signal });
  }

  async #transfer({ transfer, pass }: Pending): Promise<TransferResult | "busy"> {
    const { store, progress } = this.#context;
    const present = findPresent(transfer, store);
    if (present) return { arrived: true, ...present };
    const [expected] = transfer.expected;
    const ingest = store.ingest(transfer.key, expected ? digestParts(expected).algorithm : "sha256");
    if (!ingest) return "busy";
    try {
      // Another process may have finished it before the ingest was opened.
      const finished = findPresent(transfer, store);
      if (finished) return { arrived: true, ...finished };
      const item = progress.begin(transfer.label, forecastSize(transfer));
      item.found(ingest.size);
      const result = await this.#fromAnySource(transfer, pass, { ingest, item });
      if (result.arrived) item.done();
      else if (pass === "first" && isRetryable(result.cause)) item.postpone(messageOf(result.cause));
      else item.fail(messageOf(result.cause));
      return result;
    } finally {
      ingest.release();
    }
  }

  async #fromAnySource(
    transfer: Transfer,
    pass: Pending["pass"],
    { ingest, item }: { readonly ingest: Ingest; readonly item: ProgressItem },
  ): Promise<TransferResult> {
    const health = this.#health[pass];
    const target = withProgress(ingest, (bytes) => item.advance(bytes));
    // Images share blobs: the same host may be among the sources many times.
    const failedHosts = new Set<string>();
    let failure = { cause: undefined as unknown, url: "", attempts: 0 };
    for (const source of health.inOrder(transfer.sources)) {
      if (failedHosts.has(originOf(source.url))) continue;
      try {
        const blob = await ingestBlob(transfer, target, {
          http: this.#context.http,
          request: this.#requestFor(source, pass, item),
          limits: this.#context.limits,
          acquire: () => this.#downloads.acquire(this.#signal),
        });
        health.markUp(source);
        return { arrived: true, ...blob };
      } catch (cause) {
        this.#context.signal?.throwIfAborted();
        failure = { cause, url: source.url, attempts: failure.attempts + attemptsOf(cause) };
        if (isRetryable(cause)) {
          // Another name on the same host gets no other response.
          failedHosts.add(originOf(source.url));
          health.markDown(source);
        }
        // An error of the disk: another source would not help.
        if (cause instanceof KsoError && cause.code !== "fetch") break;
      }
    }
    return { arrived: false, ...failure };
  }

  #requestFor(source: HttpRequest, pass: Pending["pass"], item: ProgressItem): HttpRequest {
    const { signal } = this.#context;
    const request = { ...source, ...(signal && { signal }), onRetry: (cause: string): void => item.retry(cause) };
    // Another transfer has waited for that host already.
    if (this.#health[pass].isDown(source)) return { ...request, attempts: 1 };
    return pass === "second" ? { ...request, attempts: secondPassAttempts } : request;
  }
}

function attemptsOf(cause: unknown): number {
  if (cause instanceof HttpError) return cause.attempts;
  return cause instanceof WrongDigest ? 2 : 1;
}
