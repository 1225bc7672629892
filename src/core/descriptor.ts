// A descriptor says which bytes an item has; extents say where those bytes lie on this machine.
import * as v from "valibot";
import { type Digest, sha256Schema } from "./digest.ts";

/** OCI's content descriptor: media type, digest and size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** A number of bytes. */
export const sizeSchema: v.GenericSchema<number> = v.pipe(
  v.number(),
  v.safeInteger("must be a whole number of bytes"),
  v.minValue(0, "must not be negative"),
);

/** A media type, which becomes a header of HTTP: printable ASCII, at most as long as RFC 6838, section 4.2, has it. */
export const mediaTypeSchema: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.nonEmpty("must not be empty"),
  v.maxLength(255, "is too long for a media type"),
  v.regex(/^[!-~]+(?: [!-~]+)*$/, "is no media type"),
);

/** The schema of a descriptor; what else it may say (annotations, a platform) is not kept. */
export const descriptorSchema: v.GenericSchema<Descriptor> = v.object({
  mediaType: mediaTypeSchema,
  digest: sha256Schema,
  size: sizeSchema,
});

/** A run of bytes inside a file on this machine. A blob is one or more of them, in order (more where a bundle is split). */
export interface Extent {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Anything that holds blobs on this machine: the store, a bundle. */
export interface BlobSource {
  /** Where the blob's bytes lie; undefined when it is not there. */
  locate(digest: Digest): readonly Extent[] | undefined;
  /** Gives the file that is the blob a further name; absent where blobs are no files. @returns false where that cannot be. */
  link?(digest: Digest, path: string): boolean;
}
