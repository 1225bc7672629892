// Where a download lands. The network writes through this; the store implements it, with the file and its note on disk.

/** A file that is being fetched, across tries, processes and reboots. One writer at a time. */
export interface DownloadTarget {
  /** Bytes that are here already. */
  readonly size: number;
  /** What the server called the version that those bytes are of (a strong ETag, or Last-Modified), for `If-Range`. */
  readonly validator: string | undefined;
  /** Forgets what is here and notes the version about to be written. */
  restart(validator: string | undefined): void;
  /** Appends. @throws KsoError `unexpected` when the disk is full or fails. */
  write(chunk: Uint8Array): void;
  /**
   * Takes a whole body into an empty landing, where that is faster than chunk by chunk; absent where it is not. `grown`
   * hears now and then how many bytes there are, and stops it by throwing. Rejects with what the body or `grown` throws.
   * @throws KsoError `unexpected` when the disk is full or fails.
   */
  readonly writeBody?: BodyWriter | undefined;
}

export type BodyWriter = (body: ReadableStream<Uint8Array>, grown: (size: number) => void) => Promise<void>;
