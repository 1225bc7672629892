// Is what was fetched for an architecture made for it? What a blob holds never changes, so the store remembers it.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedFile, LockedImage } from "../core/lock.ts";
import type { FileArtifact, ImageArtifact } from "../core/plan.ts";
import { readExtents, readWhole } from "../files/extents.ts";
import { entrypointMismatch } from "../machine-code/entrypoint.ts";
import { platformMismatch } from "../machine-code/mismatch.ts";
import { type FoundProgram, findPrograms } from "../machine-code/programs.ts";
import { documentLimit } from "../oci/document.ts";
import { imagesIn, type PlatformImage } from "../oci/walk.ts";
import type { Store } from "../store/store.ts";
import type { PlannedFile } from "./files.ts";
import { type FetchOptions, namesOf } from "./options.ts";

/**
 * Holds a file to the architecture that it was fetched for.
 * @returns the mismatch that was let through, for the record.
 * @throws KsoError `fetch` naming both architectures.
 */
export async function checkFile(
  { artifact, locked }: PlannedFile,
  digest: Digest,
  options: FetchOptions,
): Promise<string | undefined> {
  if (artifact.platforms.length !== 1) return undefined; // one file for all holds no machine code, or all of them
  const { store, deep } = options;
  const findings = await annotated(
    store,
    deep ? "machine-code-deep" : "machine-code",
    digest,
    (): Promise<FoundProgram[]> => findPrograms(artifact.path, () => readExtents(store.locate(digest) ?? []), deep),
  );
  return recordMismatch(platformMismatch(artifact.name, artifact.platforms, findings), artifact, locked, options);
}

/**
 * With `--deep`: the program that each platform's image starts. The configurations were looked at when they were read.
 * @returns the mismatch that was let through, for the record.
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
    const { fault } = await annotated(store, "entrypoint", image.manifest.digest, async () => ({
      fault: await entrypointMismatchOf(image, store),
    }));
    const mismatch = recordMismatch(fault, artifact, locked, options);
    if (mismatch !== undefined) return mismatch;
  }
  return locked.mismatch;
}

/** A manifest or configuration that is in the store. */
export function readBlob(store: Store, blob: Descriptor): Uint8Array | undefined {
  const extents = store.has(blob) ? store.locate(blob.digest) : undefined;
  return extents && readWhole(extents, documentLimit);
}

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

async function annotated<T extends object>(
  store: Store,
  kind: string,
  digest: Digest,
  compute: () => Promise<T>,
): Promise<T> {
  const recalled = store.annotation(kind, digest);
  if (typeof recalled === "object" && recalled !== null) return recalled as T;
  const fact = await compute();
  store.annotate(kind, digest, fact);
  return fact;
}

function recordMismatch(
  mismatch: string | undefined,
  artifact: FileArtifact | ImageArtifact,
  locked: LockedFile | LockedImage | undefined,
  options: FetchOptions,
): string | undefined {
  if (mismatch === undefined || isMismatchAllowed(artifact, locked, options)) return mismatch;
  throw new KsoError("fetch", `${mismatch}; --allow-arch-mismatch ${artifact.name} lets it through`);
}

/** Is a mismatch on record in the lock, or allowed by name? */
export function isMismatchAllowed(
  artifact: FileArtifact | ImageArtifact,
  locked: LockedFile | LockedImage | undefined,
  { allowMismatch }: FetchOptions,
): boolean {
  return locked?.mismatch !== undefined || namesOf(artifact).some((name) => allowMismatch.includes(name));
}
