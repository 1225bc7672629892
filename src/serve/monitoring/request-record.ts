// A request that is over, as the access log and the counters see it.

/** One request and its answer. */
export interface RequestRecord {
  /** When it came. Milliseconds since the epoch. */
  readonly at: number;
  /** How long it took. Milliseconds. */
  readonly took: number;
  /** Which listener took it: `files`, `registry`, or `both`. */
  readonly listener: string;
  /** The client's address, without its port. */
  readonly client: string;
  /** Who it said to be, where a password was asked for. */
  readonly user?: string | undefined;
  readonly method: string;
  /** Path and query, as they were asked for. */
  readonly target: string;
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  readonly agent: string;
}
