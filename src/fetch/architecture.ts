// Checks that a file or an image fetched for a platform is made for it. A blob never changes, so the store keeps the result.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedFile, LockedImage } from "../core/lock.ts";
import type { FileArtifact, ImageArtifact } from "../core/plan.ts";
import { readExtents, readWhole } from "../files/extents.ts";
import { entrypointMismatch } from "../machine-code/entrypoint.ts";
import { fileMismatch } from "../machine-code/mismatch.ts";
import { type FoundProgram, findPrograms } from "../machine-code/programs.ts";
import { documentLimit } from "../oci/document.ts";
import { imagesIn, type PlatformImage } from "../oci/walk.ts";
import type { Store } from "../store/store.ts";
import type { PlannedFile } from "./files.ts";
import { type FetchOptions, namesOf } from "./options.ts";

/**
 * Checks that a file holds machine code for its platform.
 * @returns the mismatch that is allowed, for the record.
 * @throws KsoError `fetch` naming both architectures.
 */
export async function checkFile(
  { artifact, locked }: PlannedFile,
  digest: Digest,
  options: FetchOptions,
): Promise<string | undefined> {
  const { store, deep } = options;
  const find = (isDeep: boolean): Promise<readonly FoundProgram[]> =>
    annotated(store, isDeep ? "machine-code-deep" : "machine-code", digest, () =>
      findPrograms(artifact.path, () => readExtents(store.locate(digest) ?? []), isDeep),
    );
  return assertMismatchAllowed(await fileMismatch(artifact, { deep, find }), artifact, locked, options);
}

/**
 * Checks, with `--deep`, the program that each platform's image starts. The configurations have been checked when they were
 * read.
 * @returns the mismatch that is allowed, for the record.
 * @throws KsoError `fetch` naming both architectures.
 */
export async function checkImage(
  artifact: ImageArtifact,
  locked: LockedImage,
  options: FetchOptions,
): Promise<string | undefined> {
  if (!options.deep) return locked.mismatch;
  const { store } = options;
  for (const image of imagesIn(locked.root, artifact.platforms, (blob) => readBlob(store, blob))) {
    // `fault` is the key in stores that exist.
    const { fault } = await annotated(store, "entrypoint", image.manifest.digest, async () => ({
      fault: await entrypointMismatchOf(image, store),
    }));
    const mismatch = assertMismatchAllowed(fault, artifact, locked, options);
    if (mismatch !== undefined) return mismatch;
  }
  return locked.mismatch;
}

/** The bytes of a manifest or configuration; undefined when it is not in the store. */
export function readBlob(store: Store, blob: Descriptor): Uint8Array | undefined {
  const extents = store.has(blob) ? store.locate(blob.digest) : undefined;
  return extents && readWhole(extents, documentLimit);
}

/** What is wrong with the program that an image starts; undefined for nothing. */
async function entrypointMismatchOf(
  { platform, config, layers }: PlatformImage,
  store: Store,
): Promise<string | undefined> {
  const document = readBlob(store, config);
  if (!document) return undefined;
  const open = layers.map(({ mediaType, digest }) => ({
    mediaType,
    open: () => readExtents(store.locate(digest) ?? []),
  }));
  return await entrypointMismatch(platform, document, open);
}

/** The annotation of a blob in the store; computed and stored where there is none. */
async function annotated<T extends object>(
  store: Store,
  kind: string,
  digest: Digest,
  compute: () => Promise<T>,
): Promise<T> {
  const annotation = store.annotation(kind, digest);
  if (typeof annotation === "object" && annotation !== null) return annotation as T;
  const computed = await compute();
  store.annotate(kind, digest, computed);
  return computed;
}

/** Returns a mismatch that is allowed. @throws KsoError `fetch` for one that is not. */
export function assertMismatchAllowed(
  mismatch: string | undefined,
  artifact: FileArtifact | ImageArtifact,
  locked: LockedFile | LockedImage | undefined,
  options: FetchOptions,
): string | undefined {
  if (mismatch === undefined || isMismatchAllowed(artifact, locked, options)) return mismatch;
  const allow = `--allow-arch-mismatch ${artifact.name}`;
  throw new KsoError("fetch", `${mismatch}; ${allow} lets it through`, undefined, { allow });
}

/** Is a mismatch on record in the lock, or allowed by name? */
function isMismatchAllowed(
  artifact: FileArtifact | ImageArtifact,
  locked: LockedFile | LockedImage | undefined,
  { allowMismatch }: FetchOptions,
): boolean {
  return locked?.mismatch !== undefined || namesOf(artifact).some((name) => allowMismatch.includes(name));
}
