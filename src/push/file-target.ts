// Where files can be put: object storage, a web server that takes PUT. Names on it are `<origin host>/<path>`, as in the bundle.
import type { Digest } from "../core/digest.ts";
import type { RequestBody } from "../http/request.ts";

/** A file to put. */
export interface FileUpload {
  readonly path: string;
  /** sha256. */
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** So many bytes of it, from an offset on. */
  part(offset: number, length: number): RequestBody;
  /** The digest of such a part, in hex. */
  hash(offset: number, length: number, algorithm: "sha256" | "md5"): Promise<string>;
  /** So many bytes more have been sent (negative: they have to be sent again), or were there from an earlier run. */
  advance(bytes: number): void;
  /** It is tried again, because of this. */
  retry(cause: string): void;
}

/** What is at the target under a name. */
export interface StoredFile {
  /** Bytes; undefined where the server does not say. */
  readonly size: number | undefined;
  /** Undefined where the server does not know. */
  readonly digest?: Digest | undefined;
}

/** Object storage, or a web server. */
export interface FileTarget {
  /** What messages call it: a URL without credentials. */
  readonly name: string;
  /** The URL of a file, without credentials. */
  urlOf(path: string): string;
  /** Can files be put there, by this user? @throws KsoError `remote`. */
  probe(): Promise<void>;
  /** What is there under a name; undefined where nothing is. */
  stat(path: string): Promise<StoredFile | undefined>;
  /** Puts a file, in place of what is there under its name. */
  put(upload: FileUpload): Promise<void>;
  /** A small file, read whole; undefined where there is none. */
  read(path: string): Promise<string | undefined>;
  /** A small file, written whole. */
  write(path: string, text: string): Promise<void>;
}
