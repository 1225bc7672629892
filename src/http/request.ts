/** Bytes to send. Each try opens them again. */
export interface RequestBody {
  /** Bytes. */
  readonly size: number;
  open(): ReadableStream<Uint8Array>;
}

/** A request to a server. */
export interface HttpRequest {
  readonly url: string;
  /** A request with any of these may be sent again: a repeated upload stores the same bytes. */
  readonly method?: "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE" | "MKCOL" | "MOVE";
  /** A string is sent to the host of `url` only; bytes follow a redirect that keeps the method (307, 308) to another host. */
  readonly body?: string | RequestBody;
  /** Called with the number of bytes of the body that were sent; negative where a try failed. */
  readonly onSent?: (bytes: number) => void;
  /** The server has work to do before it can respond (it moves or checks what it got): ten times the idle timeout. */
  readonly slow?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Returns the Authorization header for a URL, undefined for none. Called first without a challenge, then, after a 401, with
   * the value of WWW-Authenticate. Without it a login in the URL or in ~/.netrc is sent; with it neither is.
   */
  readonly authorize?: (url: URL, challenge?: string) => Promise<string | undefined>;
  /**
   * Called with the status of each response of the first host that is not to be answered by `authorize`, and without one where
   * none came.
   */
  readonly onAnswer?: (status?: number) => void;
  readonly signal?: AbortSignal;
  /** Tries without progress. Default: the client's number. */
  readonly attempts?: number;
  /** Called before each wait, with what went wrong. */
  readonly onRetry?: (cause: string) => void;
}

/** For {@link HttpRequest.authorize}: no credentials, whatever ~/.netrc has for the host. */
export const anonymously: NonNullable<HttpRequest["authorize"]> = async () => undefined;

/** A server's response. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The URL after all redirects, without credentials. */
  readonly url: string;
  /** Reads it whole. @throws KsoError `fetch` when it is longer than the limit (bytes), or ends early. */
  bytes(limit: number): Promise<Uint8Array>;
  /** Discards the body. */
  cancel(): Promise<void>;
}
