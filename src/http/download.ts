// Downloads a body into a download target. Bytes of an earlier try or process are kept if the server still has the same
// version. A body that is longer or shorter than announced is refused.
import type { DownloadTarget } from "../core/download-target.ts";
import { cannotFetch, type HttpError } from "./error.ts";
import type { OpenResponse } from "./open-response.ts";
import { contentLengthOf, parseContentRange, rangeFrom, unexpectedEncoding, validatorOf } from "./ranges.ts";
import type { HttpRequest } from "./request.ts";
import { type RetryPolicy, retry } from "./retry.ts";

/** The size of a download where it is known beforehand, and a callback for its progress. */
export interface ExpectedDownload {
  /** Bytes. */
  readonly size?: number;
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

/** Downloads a body, with as many tries as the policy allows. @throws HttpError, and unchanged whatever the target throws. */
export async function download(options: DownloadOptions): Promise<{ size: number }> {
  const { request, target, policy, signal } = options;
  const state = new Download(options);
  await retry(policy, { signal, onRetry: request.onRetry, bytesGained: () => state.takeGainedBytes() }, () =>
    state.attempt(),
  );
  return { size: target.size };
}

/** The state of one download over all its tries. */
class Download {
  readonly #options: DownloadOptions;
  readonly #url: string;
  readonly #target: DownloadTarget;
  readonly #size: number | undefined;
  readonly #onBytes: ((bytes: number) => void) | undefined;
  /** The size up to which bytes count as gained. Starting over resets it, which is why that is limited. */
  #countedSize: number;
  #restarts = 0;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#url = options.request.url;
    this.#target = options.target;
    this.#size = options.expected.size;
    this.#onBytes = options.expected.onBytes;
    this.#countedSize = options.target.size;
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
    if (target.size === size) return;
    if (target.size > 0 && (target.validator === undefined || target.size > (size ?? target.size)))
      this.#restart(undefined);
    const { size: from, validator } = target;
    const resuming = from > 0 && validator !== undefined ? { range: rangeFrom(from), "if-range": validator } : {};
    const response = await this.#options.open(resuming, from > 0 ? [416] : []);
    if (response.status === 416) return await this.#checkComplete(response, from);
    try {
      await this.#writeBody(response, this.#promisedSize(response, from));
    } finally {
      response.drop();
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
      return size ?? contentLengthOf(headers);
    }
    const range = parseContentRange(headers.get("content-range"));
    if (range?.start !== from)
      throw this.#startOver(response, `the server answered another range than from byte ${from}; it starts over`);
    if (size !== undefined && (range.total ?? size) !== size)
      throw this.#startOver(
        response,
        `the file has ${range.total} bytes at the server and not ${size}; it starts over`,
      );
    return size ?? range.total;
  }

  /** Throws away the bytes that are here. Returns a retryable error. */
  #startOver(response: OpenResponse, reason: string): HttpError {
    response.drop();
    this.#restart(undefined);
    return cannotFetch(this.#url, reason, { status: response.status, retryable: true });
  }

  #restart(validator: string | undefined): void {
    const lost = this.#target.size;
    this.#target.restart(validator);
    this.#countedSize = 0;
    if (lost === 0) return;
    this.#onBytes?.(-lost);
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
    const limit = promised ?? Number.POSITIVE_INFINITY;
    if (end !== undefined && end > limit) throw this.#tooLong(String(end), limit);
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
        alive();
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
    return cannotFetch(this.#url, `the server sends ${sent} and not the ${limit} bytes that are expected`);
  }
}
