// A body into a landing. What an earlier try, process or day left there is kept if the server still has the same version;
// the lengths that were promised are held to, in both directions.
import type { DownloadTarget } from "../core/ingest.ts";
import { cannotFetch } from "./error.ts";
import { contentLengthOf, parseContentRange, rangeFrom, unexpectedEncoding, validatorOf } from "./ranges.ts";
import type { HttpRequest } from "./request.ts";
import { type RetryPolicy, retry } from "./retry.ts";
import type { OpenResponse } from "./send-once.ts";

/** Opens a reply of status 2xx or among `accept`. */
type Open = (headers: Readonly<Record<string, string>>, accept: readonly number[]) => Promise<OpenResponse>;

export interface Expected {
  /** Bytes. */
  readonly size?: number;
  /** So many bytes more; negative where what was here is thrown away. */
  readonly onBytes?: (bytes: number) => void;
}

export async function download(
  patience: RetryPolicy & { readonly signal: AbortSignal },
  asked: HttpRequest,
  landing: DownloadTarget,
  { size, onBytes }: Expected,
  open: Open,
): Promise<{ size: number }> {
  // What this run brought is measured from here; starting over begins a new measure, but not for ever.
  let mark = landing.size;
  let restarts = 0;
  const restart = (validator: string | undefined): void => {
    const lost = landing.size;
    landing.restart(validator);
    mark = 0;
    if (lost === 0) return;
    onBytes?.(-lost);
    if (++restarts > patience.attempts)
      throw cannotFetch(
        asked.url,
        `the server made it start over ${restarts} times: the file changes, or it ignores Range`,
      );
  };
  const attempt = async (): Promise<void> => {
    if (landing.size === size) return;
    if (landing.size > 0 && (landing.validator === undefined || landing.size > (size ?? landing.size)))
      restart(undefined);
    const from = landing.size;
    const { validator } = landing;
    const resuming = from > 0 && validator !== undefined ? { range: rangeFrom(from), "if-range": validator } : {};
    const reply = await open(resuming, from > 0 ? [416] : []);
    const over = (reason: string): never => {
      reply.drop();
      restart(undefined);
      throw cannotFetch(asked.url, reason, { status: reply.response.status, retryable: true });
    };
    const { status, headers } = reply.response;
    const range = parseContentRange(headers.get("content-range"));
    if (status === 416) {
      await reply.discard();
      // Nothing lies beyond the last byte: complete, if the server counts as many.
      if (range?.start === undefined && range?.total === from && size === undefined) return;
      over(`the server has no byte ${from}; it starts over`);
    }
    try {
      let promised = size;
      if (status === 206) {
        if (range?.start !== from) over(`the server answered another range than from byte ${from}; it starts over`);
        if (size !== undefined && (range?.total ?? size) !== size)
          over(`the file has ${range?.total} bytes at the server and not ${size}; it starts over`);
        promised ??= range?.total;
      } else {
        restart(validatorOf(headers));
        promised ??= contentLengthOf(headers);
      }
      await fill(asked, landing, reply, promised, onBytes);
    } finally {
      reply.drop();
    }
  };
  await retry(patience, { signal: patience.signal, onRetry: asked.onRetry }, attempt, () => {
    const more = Math.max(0, landing.size - mark);
    mark = Math.max(mark, landing.size);
    return more;
  });
  return { size: landing.size };
}

async function fill(
  asked: HttpRequest,
  landing: DownloadTarget,
  reply: OpenResponse,
  promised: number | undefined,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<void> {
  const { headers } = reply.response;
  const encoding = unexpectedEncoding(headers, reply.url);
  if (encoding !== undefined)
    throw cannotFetch(asked.url, `the server sends it encoded as "${encoding}", although it was asked for as it is`);
  const declared = contentLengthOf(headers);
  const limit = promised ?? Number.POSITIVE_INFINITY;
  const tooMuch = (sent: string): Error =>
    cannotFetch(asked.url, `the server sends ${sent} and not the ${limit} bytes that are expected`);
  if (declared !== undefined && landing.size + declared > limit) throw tooMuch(String(landing.size + declared));
  const end = declared === undefined ? promised : landing.size + declared;
  const { writeBody: pour } = landing;
  if (pour && landing.size === 0) {
    let told = 0;
    await reply.pipe((body, alive) =>
      pour(body, (size) => {
        if (size === told) return;
        alive();
        onBytes?.(size - told);
        told = size;
        if (size > limit) throw tooMuch("more");
      }),
    );
    if (landing.size > limit) throw tooMuch("more");
  } else
    await reply.read((chunk) => {
      if (landing.size + chunk.length > limit) throw tooMuch("more");
      landing.write(chunk);
      onBytes?.(chunk.length);
    });
  const due = promised ?? end;
  if (due !== undefined && landing.size < due)
    throw cannotFetch(asked.url, `the connection was cut after ${landing.size} of ${due} bytes`, { retryable: true });
}
