// Where a download is written. The network writes through this; the store implements it, with a file and its note on disk.

/** A file that is being downloaded, across tries, processes and reboots. One writer at a time. */
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
   * Writes a whole body into an empty target, where that is faster than chunk by chunk; absent where it is not.
   * `onProgress` hears now and then how many bytes there are, and stops it by throwing. Rejects with what the body or
   * `onProgress` throws.
   * @throws KsoError `unexpected` when the disk is full or fails.
   */
  readonly writeBody?: BodyWriter | undefined;
}

/** Writes a whole body, telling how far it is. */
export type BodyWriter = (body: ReadableStream<Uint8Array>, onProgress: (size: number) => void) => Promise<void>;
