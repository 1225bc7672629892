/** Bytes to send. They are opened anew for each try. */
export interface RequestBody {
  /** Bytes. */
  readonly size: number;
  open(): ReadableStream<Uint8Array>;
}

/** What is asked of a server. */
export interface HttpRequest {
  readonly url: string;
  /** Whatever it is, it may be repeated: what stores something stores the same again. */
  readonly method?: "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE" | "MKCOL" | "MOVE";
  /** A text is sent to the host of `url` and no other; a redirect that keeps the method (307, 308) may take bytes elsewhere. */
  readonly body?: string | RequestBody;
  /** So many bytes more of the body are on their way; negative where a try was in vain. */
  readonly onSent?: (bytes: number) => void;
  /** The server has work to do before it can respond (it moves or checks what it got): ten times the idle timeout. */
  readonly slow?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Gives the Authorization header for a host: called first without a challenge, then, after a 401, with the value of
   * WWW-Authenticate. Undefined: there is none to give.
   */
  readonly authorize?: (url: URL, challenge?: string) => Promise<string | undefined>;
  readonly signal?: AbortSignal;
  /** Tries without progress, where it is not to be the usual number. */
  readonly attempts?: number;
  /** Called before each wait, with what went wrong. */
  readonly onRetry?: (cause: string) => void;
}

/** What a server says. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from in the end, without credentials. */
  readonly url: string;
  /** Reads it whole. @throws KsoError `fetch` when it is longer than the limit (bytes), or ends early. */
  bytes(limit: number): Promise<Uint8Array>;
  /** Lets go of it unread. */
  cancel(): Promise<void>;
}
