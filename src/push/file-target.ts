// Where files can be put: object storage, or a web server that takes PUT. Paths are `<origin host>/<path>`, as in the bundle.
import { decodedPath } from "../core/bundle-names.ts";
import type { Digest } from "../core/digest.ts";
import type { RequestBody } from "../http/request.ts";

/** A file to put. */
export interface FileUpload {
  readonly path: string;
  /** sha256. */
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** `length` bytes of it, from `offset` on. */
  part(offset: number, length: number): RequestBody;
  /** The digest of such a part, in hex. */
  hash(offset: number, length: number, algorithm: "sha256" | "md5"): Promise<string>;
  /** Called with the number of bytes that were sent; negative: they have to be sent again. */
  advance(bytes: number): void;
  /** Called with the number of bytes that an earlier run left there; negative: they have to be sent after all. */
  found(bytes: number): void;
  /** Called with the cause when it is tried again. */
  retry(cause: string): void;
}

/** A file at the target. */
export interface StoredFile {
  /** Bytes; undefined where the server does not say. */
  readonly size: number | undefined;
  /** Undefined where the server does not know. */
  readonly digest?: Digest | undefined;
}

/** Object storage, or a web server. */
export interface FileTarget {
  /** Its name in messages: a URL without credentials. */
  readonly name: string;
  /** The URL of a file, without credentials. */
  urlOf(path: string): string;
  /** Checks that the target responds and lets this user in. @throws KsoError `remote`. */
  probe(): Promise<void>;
  /** The file under a path; undefined where there is none. */
  stat(path: string): Promise<StoredFile | undefined>;
  /** Puts a file, in place of one that is there. */
  put(upload: FileUpload): Promise<void>;
  /** A small file, read whole; undefined where there is none. */
  read(path: string): Promise<string | undefined>;
  /** A small file, written whole. */
  write(path: string, text: string): Promise<void>;
}

/** The name that a target gives to what is put under a path: without the percent encoding of URLs. */
export function storedName(path: string): string {
  return decodedPath(path) ?? path;
}
