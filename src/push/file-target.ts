// Where files can be put: object storage, a web server that takes PUT. Names on it are `<origin host>/<path>`, as in the bundle.
import type { Digest } from "../core/digest.ts";
import type { RequestBody } from "../http/request.ts";

/** A file to put. */
export interface Parcel {
  readonly path: string;
  /** sha256. */
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** So many bytes of it, from there on. */
  part(offset: number, length: number): RequestBody;
  /** Their digest, by any algorithm that a shelf asks for, in hex. */
  hash(offset: number, length: number, algorithm: "sha256" | "md5"): Promise<string>;
  /** So many bytes more have been sent (negative: they have to be sent again), or were there from an earlier run. */
  advance(bytes: number): void;
  retry(cause: string): void;
}

/** What lies there under a name. */
export interface Seen {
  /** Bytes; undefined where the server does not say. */
  readonly size: number | undefined;
  /** Undefined where the server does not know. */
  readonly digest?: Digest | undefined;
}

export interface Shelf {
  /** What messages call it: a URL without credentials. */
  readonly name: string;
  urlOf(path: string): string;
  /** Is there a place to put files, for this user? @throws KsoError `remote`. */
  probe(): Promise<void>;
  look(path: string): Promise<Seen | undefined>;
  put(parcel: Parcel): Promise<void>;
  /** A small file, read whole and written whole; undefined where there is none. */
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string): Promise<void>;
}
