// Where a download lands. The network writes through this; the store implements it, with the file and its note on disk.

/** A file that is being fetched, across tries, processes and reboots. One writer at a time. */
export interface Landing {
  /** Bytes that are here already. */
  readonly size: number;
  /** What the server called the version that those bytes are of (a strong ETag, or Last-Modified), for `If-Range`. */
  readonly validator: string | undefined;
  /** Forgets what is here and notes the version about to be written. */
  restart(validator: string | undefined): void;
  /** Appends. @throws KsoError `unexpected` when the disk is full or fails. */
  write(chunk: Uint8Array): void;
}
