// What is asked of a server, and its answer. Nothing in them is about how to get there.

export interface Asked {
  readonly url: string;
  /** POST is for questions that need a form, a token for an identity token: it changes nothing and may be repeated. */
  readonly method?: "GET" | "HEAD" | "POST";
  /** Of a POST; it is sent to the host of `url` and no other. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Gives the Authorization header for a host: called first without a challenge, then, after a 401, with the value of
   * WWW-Authenticate. Undefined: there is none to give.
   */
  readonly authorize?: (url: URL, challenge?: string) => Promise<string | undefined>;
  readonly signal?: AbortSignal;
  /** Told before each wait, with what went wrong. */
  readonly onRetry?: (cause: string) => void;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from in the end, without credentials. */
  readonly url: string;
  /** Reads it whole. @throws KsoError `fetch` when it is longer than the limit (bytes), or ends early. */
  bytes(limit: number): Promise<Uint8Array>;
  /** Lets go of it unread. */
  cancel(): Promise<void>;
}
