// Blobs from wherever they can be had into the store: the largest first, several at a time, each one once.
import { setTimeout as pause } from "node:timers/promises";
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import { HttpError } from "../http/error.ts";
import { createHostLimit } from "../http/host-limit.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Ingest, Store } from "../store/store.ts";

/** No file of a cluster is that long: a body that nobody announced a length of stops here. Bytes. */
const endless = 32 * 2 ** 30;

/** Tries in the second turn, when there is nothing else to do: half a minute. */
const last = 8;

/** One blob to fetch. */
export interface Transfer {
  /** What a person knows it by. */
  readonly label: string;
  /** The partial file's name: the same for every process that wants this blob. */
  readonly key: string;
  /** Bytes, where known. */
  readonly size: number | undefined;
  /** Any of these will do; none: whatever comes is pinned. */
  readonly expected: readonly Digest[];
  /** Where it can be had, in order of preference. */
  readonly sources: readonly HttpRequest[];
}

export type Transferred =
  | { readonly arrived: true; readonly digest: Digest; readonly size: number }
  | { readonly arrived: false; readonly cause: unknown; readonly url: string; readonly attempts: number };

/** The bytes were not what was asked for, twice. */
export class WrongDigest extends KsoError {
  /** The same wrong bytes both times? */
  readonly steady: boolean;
  readonly found: Digest;
  constructor(found: Digest, expected: Digest, steady: boolean) {
    super("fetch", `it is ${found} and not ${expected}${steady ? "" : ", and differs from one try to the next"}`);
    this.found = found;
    this.steady = steady;
  }
}

export interface Means {
  readonly store: Store;
  readonly http: Http;
  readonly progress: Progress;
  readonly jobs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Fetches all of them; `done` hears of each as it ends. A failure of one does not stop the others; an abort does. */
export async function transferAll(
  transfers: readonly Transfer[],
  means: Means,
  done: (transfer: Transfer, result: Transferred) => Promise<void>,
): Promise<void> {
  // A file of unknown size may be the largest of all.
  const size = (transfer: Transfer): number => transfer.size ?? Number.MAX_SAFE_INTEGER;
  const queue = transfers.map((transfer) => ({ transfer, busy: 0, tried: 0 }));
  queue.sort((a, b) => size(b.transfer) - size(a.transfer));
  // Whoever did not answer to the end of somebody's patience, and has not answered since.
  const turns = { first: new Set<string>(), second: new Set<string>() };
  const lanes = createHostLimit(means.jobs);
  const turn = (): Promise<() => void> => lanes.acquire("any", means.signal ?? new AbortController().signal);
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      means.signal?.throwIfAborted();
      const { transfer, busy, tried } = next;
      const result = await transferOne(transfer, means, turn, tried > 0 ? turns.second : turns.first, tried > 0);
      if (result === "busy") {
        // Another process fetches it: go on with the others, then look again.
        queue.push({ transfer, busy: busy + 1, tried });
        if (busy > 0) await pause(100, undefined, means.signal ? { signal: means.signal } : {});
      } else if (result.arrived) await done(transfer, result);
      else if (tried === 0 && mayPass(result.cause)) queue.push({ transfer, busy, tried: result.attempts });
      else await done(transfer, { ...result, attempts: tried + result.attempts });
    }
  };
  // More lanes than downloads: while some wait for the disk and the hash, the network is not idle.
  await Promise.all(Array.from({ length: Math.min(means.jobs * 2, queue.length) }, lane));
}

async function transferOne(
  transfer: Transfer,
  { store, http, progress, signal }: Means,
  turn: () => Promise<() => void>,
  down: Set<string>,
  again: boolean,
): Promise<Transferred | "busy"> {
  const there = alreadyThere(transfer, store);
  if (there) return there;
  const algorithm = transfer.expected[0] ? digestParts(transfer.expected[0]).algorithm : "sha256";
  const landing = store.ingest(transfer.key, algorithm);
  if (!landing) return "busy";
  // Between the look and the landing another process may have finished.
  const meanwhile = alreadyThere(transfer, store);
  if (meanwhile) {
    landing.release();
    return meanwhile;
  }
  const item = progress.begin(transfer.label, transfer.size);
  item.found(landing.size);
  const watched = watch(landing, (bytes) => item.advance(bytes));
  let attempts = 0;
  let failure: unknown;
  let url = "";
  // Images share blobs: the same host may be among the sources many times.
  const asked = new Set<string>();
  const isDown = ({ url }: HttpRequest): boolean => down.has(originOf(url));
  // In order of preference, but those that are down come last.
  const sources = [...transfer.sources.filter((one) => !isDown(one)), ...transfer.sources.filter(isDown)];
  try {
    for (const source of sources) {
      const origin = originOf(source.url);
      if (asked.has(origin)) continue;
      url = source.url;
      try {
        const onRetry = (cause: string): void => item.retry(cause);
        // For what is down somebody has waited already.
        const tries = isDown(source) ? { attempts: 1 } : again ? { attempts: last } : {};
        const one: HttpRequest = { ...source, ...tries, ...(signal && { signal }), onRetry };
        const kept = await fetchInto(watched, one, transfer, http, turn);
        down.delete(origin);
        item.done();
        return { arrived: true, ...kept };
      } catch (cause) {
        signal?.throwIfAborted();
        attempts += cause instanceof HttpError ? cause.attempts : cause instanceof WrongDigest ? 2 : 1;
        failure = cause;
        if (mayPass(cause)) {
          // Another name on the same host gets no other answer.
          asked.add(origin);
          down.add(origin);
        }
        // What the disk refuses, no mirror can help.
        if (cause instanceof KsoError && cause.code !== "fetch") break;
      }
    }
  } finally {
    landing.release();
  }
  // What may pass gets a second turn, after all the others.
  if (again || !mayPass(failure)) item.fail(messageOf(failure));
  else item.postpone(messageOf(failure));
  return { arrived: false, cause: failure, url, attempts };
}

/** Is it whoever was asked, or the way there, and not what was asked for? */
function mayPass(cause: unknown): boolean {
  return cause instanceof HttpError && cause.retryable;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

function alreadyThere({ expected, size }: Transfer, store: Store): Transferred | undefined {
  for (const wanted of expected) {
    const digest = wanted.startsWith("sha256:") ? wanted : store.alias(wanted);
    const found = digest && store.sizeOf(digest);
    if (digest && found !== undefined && (size === undefined || size === found))
      return { arrived: true, digest, size: found };
  }
  return undefined;
}

/** Two tries: what was left over from an earlier run, or damaged on its way, gets a second one from the start. */
async function fetchInto(
  landing: Ingest,
  asked: HttpRequest,
  { expected, size }: Transfer,
  http: Http,
  turn: () => Promise<() => void>,
): Promise<{ digest: Digest; size: number }> {
  let first: readonly Digest[] | undefined;
  for (;;) {
    const inherited = landing.size > 0;
    const free = await turn();
    try {
      await http.download(asked, landing, size === undefined ? {} : { size });
    } finally {
      free();
    }
    const kept = await landing.commit(expected);
    if (kept.committed) return kept;
    const wanted = expected[0] as Digest;
    const found = kept.found.find(
      (digest) => digestParts(digest).algorithm === digestParts(wanted).algorithm,
    ) as Digest;
    if (first) throw new WrongDigest(found, wanted, first.includes(found));
    // A leftover that does not fit says nothing about the server.
    if (!inherited) first = kept.found;
  }
}

/** The landing, telling of each byte that comes and of those that are thrown away. */
function watch(landing: Ingest, advance: (bytes: number) => void): Ingest {
  const { writeBody: pour } = landing;
  return {
    get size() {
      return landing.size;
    },
    get validator() {
      return landing.validator;
    },
    write(chunk) {
      checkEnd(landing.size);
      landing.write(chunk);
      advance(chunk.length);
    },
    writeBody:
      pour &&
      ((body, grown) => {
        let told = 0;
        return pour(body, (size) => {
          advance(size - told);
          told = size;
          checkEnd(size);
          grown(size);
        }).finally(() => advance(landing.size - told));
      }),
    restart(validator) {
      advance(-landing.size);
      landing.restart(validator);
    },
    async commit(expected) {
      const kept = await landing.commit(expected);
      if (!kept.committed) advance(-kept.size);
      return kept;
    },
    release: () => landing.release(),
  };
}

function checkEnd(size: number): void {
  if (size > endless) throw new KsoError("fetch", `it does not end (${endless} bytes and more)`);
}
