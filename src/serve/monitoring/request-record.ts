/** One request that is over, with its response, as the access log has it. */
export interface RequestRecord {
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Until the response was ready. Milliseconds. */
  readonly duration: number;
  /** The listener that it came to: `files`, `registry`, or `both`. */
  readonly listener: string;
  /** The client's address, without its port. */
  readonly client: string;
  /** Where passwords are required: the user that it was let in as. */
  readonly user?: string | undefined;
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly status: number;
  /** Bytes of the response's body. */
  readonly bytes: number;
  readonly agent: string;
}
