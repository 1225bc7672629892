// Where a download is written: src/http writes through this, and src/store implements it with a partial download on disk.

/** A file that is being downloaded, across tries, processes and reboots. One writer at a time. */
export interface DownloadTarget {
  /** Bytes that are here already. */
  readonly size: number;
  /** What the server called the version that those bytes are of (a strong ETag, or Last-Modified), for `If-Range`. */
  readonly validator: string | undefined;
  /** Forgets what is here and notes the version about to be written. */
  restart(validator: string | undefined): void;
  /** Appends a chunk. @throws KsoError `usage` when the disk is full. */
  write(chunk: Uint8Array): void;
  /**
   * Writes a whole body into an empty target, where that is faster than chunk by chunk; absent where it is not.
   * `onProgress` is called now and then with the number of bytes written; when it throws, writing stops. Rejects with what the
   * body or `onProgress` throws.
   * @throws KsoError `usage` when the disk is full.
   */
  readonly writeBody?: BodyWriter | undefined;
}

/** Writes a whole body, and reports the number of bytes written. */
export type BodyWriter = (body: ReadableStream<Uint8Array>, onProgress: (size: number) => void) => Promise<void>;
