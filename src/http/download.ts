// Downloads a body into a download target. Bytes of an earlier try or process are kept if the server still has the same
// version. A body that is longer or shorter than announced is refused.
import type { DownloadTarget } from "../core/download-target.ts";
import { cannotFetch, type HttpError } from "./error.ts";
import type { OpenResponse } from "./open-response.ts";
import { contentLengthOf, isWebPage, parseContentRange, rangeFrom, unexpectedEncoding, validatorOf } from "./ranges.ts";
import type { HttpRequest } from "./request.ts";
import { type RetryPolicy, retry } from "./retry.ts";

/** What is known of a download beforehand, and a callback for its progress. */
export interface ExpectedDownload {
  /** Bytes, where it has exactly so many. */
  readonly size?: number;
  /** Bytes that a server announced: it may have fewer, if the response itself says so, and never more. */
  readonly announced?: number;
  /** The most bytes where neither is known: of a body whose length its response tells, and of one without a length. */
  readonly limits?: { readonly told: number; readonly untold: number };
  /** Called with the number of bytes that arrived; negative where bytes are thrown away. */
  readonly onBytes?: (bytes: number) => void;
}

/** What one download needs. */
export interface DownloadOptions {
  readonly request: HttpRequest;
  readonly target: DownloadTarget;
  readonly expected: ExpectedDownload;
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  /** Opens a response of status 2xx or among `accept`. */
  readonly open: (headers: Readonly<Record<string, string>>, accept: readonly number[]) => Promise<OpenResponse>;
}

const unlimited = { told: Number.POSITIVE_INFINITY, untold: Number.POSITIVE_INFINITY };

/** A finished download. */
export interface FinishedDownload {
  /** Bytes. */
  readonly size: number;
  /** The last response was a web page. */
  readonly webPage?: true;
}

/** Downloads a body, with as many tries as the policy allows. @throws HttpError, and unchanged whatever the target throws. */
export async function download(options: DownloadOptions): Promise<FinishedDownload> {
  const { request, target, policy, signal } = options;
  const state = new Download(options);
  await retry(policy, { signal, onRetry: request.onRetry, bytesGained: () => state.takeGainedBytes() }, () =>
    state.attempt(),
  );
  return { size: target.size, ...(state.webPage && { webPage: true }) };
}

/** The state of one download over all its tries. */
class Download {
  readonly #options: DownloadOptions;
  readonly #url: string;
  readonly #target: DownloadTarget;
  readonly #size: number | undefined;
  readonly #announced: number | undefined;
  readonly #limits: NonNullable<ExpectedDownload["limits"]>;
  readonly #onBytes: ((bytes: number) => void) | undefined;
  /** The size up to which bytes count as gained. Starting over resets it, which is why that is limited. */
  #countedSize: number;
  #restarts = 0;
  /** Has the server sent more than the limit? */
  #exceeded = false;
  #webPage = false;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#url = options.request.url;
    this.#target = options.target;
    const { size, announced, limits = unlimited } = options.expected;
    this.#size = size;
    this.#announced = announced;
    const limit = size ?? announced;
    this.#limits = limit === undefined ? limits : { told: limit, untold: limit };
    this.#onBytes = options.expected.onBytes;
    this.#countedSize = options.target.size;
  }

  /** Was the last response a web page? */
  get webPage(): boolean {
    return this.#webPage;
  }

  /** The bytes that arrived since the last call. */
  takeGainedBytes(): number {
    const { size } = this.#target;
    const bytes = Math.max(0, size - this.#countedSize);
    this.#countedSize = Math.max(this.#countedSize, size);
    return bytes;
  }

  /** One try, from where the bytes end. */
  async attempt(): Promise<void> {
    const target = this.#target;
    const size = this.#size;
    if (target.size === (size ?? this.#announced)) return;
    if (target.size > 0 && (target.validator === undefined || target.size > this.#limits.told))
      this.#restart(undefined);
    const { size: from, validator } = target;
    const resuming = from > 0 && validator !== undefined ? { range: rangeFrom(from), "if-range": validator } : {};
    const response = await this.#options.open(resuming, from > 0 ? [416] : []);
    if (response.status === 416) return await this.#checkComplete(response, from);
    this.#webPage = isWebPage(response.headers);
    try {
      await this.#writeBody(response, this.#promisedSize(response, from));
    } finally {
      response.drop();
      if (this.#exceeded) this.#discard();
    }
  }

  /** Handles status 416, no byte from there on: the body is complete if the server reports the same size. */
  async #checkComplete(response: OpenResponse, from: number): Promise<void> {
    const range = parseContentRange(response.headers.get("content-range"));
    await response.discard();
    if (range?.start === undefined && range?.total === from && this.#size === undefined) return;
    throw this.#startOver(response, `the server has no byte ${from}; it starts over`);
  }

  /** The size that the whole body is to have. Starts over where the response is not the requested range. */
  #promisedSize(response: OpenResponse, from: number): number | undefined {
    const size = this.#size;
    const { status, headers } = response;
    if (status !== 206) {
      this.#restart(validatorOf(headers));
      return size ?? contentLengthOf(headers) ?? this.#announced;
    }
    const range = parseContentRange(headers.get("content-range"));
    if (range?.start !== from)
      throw this.#startOver(response, `the server answered another range than from byte ${from}; it starts over`);
    const expected = size ?? this.#announced;
    if (expected !== undefined && (range.total ?? expected) !== expected)
      throw this.#startOver(
        response,
        `the file has ${range.total} bytes at the server and not ${expected}; it starts over`,
      );
    return size ?? range.total ?? this.#announced;
  }

  /** Throws away the bytes that are here. Returns a retryable error. */
  #startOver(response: OpenResponse, reason: string): HttpError {
    response.drop();
    this.#restart(undefined);
    return cannotFetch(this.#url, reason, { status: response.status, retryable: true });
  }

  /** Empties the target. Returns how many bytes are lost. */
  #discard(validator?: string): number {
    const lost = this.#target.size;
    this.#target.restart(validator);
    this.#countedSize = 0;
    if (lost > 0) this.#onBytes?.(-lost);
    return lost;
  }

  #restart(validator: string | undefined): void {
    if (this.#discard(validator) === 0) return;
    if (++this.#restarts > this.#options.policy.attempts)
      throw cannotFetch(
        this.#url,
        `the server made it start over ${this.#restarts} times: the file changes, or it ignores Range`,
      );
  }

  async #writeBody(response: OpenResponse, promised: number | undefined): Promise<void> {
    const target = this.#target;
    const encoding = unexpectedEncoding(response.headers, response.url);
    if (encoding !== undefined)
      throw cannotFetch(this.#url, `the server sends it encoded as "${encoding}", although it was asked for as it is`);
    const declared = contentLengthOf(response.headers);
    const end = declared === undefined ? undefined : target.size + declared;
    const told = Math.max(end ?? 0, promised ?? 0);
    if (told > this.#limits.told) throw this.#tooLong(String(told), this.#limits.told);
    const limit = promised ?? this.#limits.untold;
    if (told > limit) throw this.#tooLong(String(told), limit);
    if (target.writeBody && target.size === 0) await this.#writeWhole(response, limit);
    else await this.#writeChunks(response, limit);
    const total = promised ?? end;
    if (total !== undefined && target.size < total)
      throw cannotFetch(this.#url, `the connection was cut after ${target.size} of ${total} bytes`, {
        retryable: true,
      });
  }

  async #writeWhole(response: OpenResponse, limit: number): Promise<void> {
    const target = this.#target;
    let reported = 0;
    await response.pipe(async (body, alive) => {
      await target.writeBody?.(body, (size) => {
        if (size === reported) return;
        alive(size - reported);
        this.#onBytes?.(size - reported);
        reported = size;
        if (size > limit) throw this.#tooLong("more", limit);
      });
    });
    if (target.size > limit) throw this.#tooLong("more", limit);
  }

  async #writeChunks(response: OpenResponse, limit: number): Promise<void> {
    const target = this.#target;
    const onBytes = this.#onBytes;
    await response.read((chunk) => {
      if (target.size + chunk.length > limit) throw this.#tooLong("more", limit);
      target.write(chunk);
      onBytes?.(chunk.length);
    });
  }

  #tooLong(sent: string, limit: number): HttpError {
    this.#exceeded = true;
    return cannotFetch(this.#url, this.#excess(sent, limit));
  }

  #excess(sent: string, limit: number): string {
    const expected = this.#size ?? this.#announced;
    if (expected === undefined && sent !== "more")
      return `the server says that it has ${sent} bytes, more than the ${limit} that are taken here`;
    if (expected === undefined && limit === this.#limits.untold)
      return `the server tells no length and sends more than ${limit} bytes, the most that is taken of such a file here`;
    return `the server sends ${sent} and not the ${limit} bytes that are expected`;
  }
}
