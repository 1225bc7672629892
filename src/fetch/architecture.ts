// Is what was fetched for an architecture made for it? What a blob holds never changes, so the store remembers it.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import type { FileArtifact, ImageArtifact } from "../core/plan.ts";
import { readExtents, readWhole } from "../files/extents.ts";
import { entrypointMismatch } from "../machine-code/entrypoint.ts";
import { type FoundProgram, findPrograms, platformMismatch } from "../machine-code/programs.ts";
import { documentLimit } from "../oci/manifest.ts";
import { imagesIn, type PlatformImage } from "../oci/walk.ts";
import type { Store } from "../store/store.ts";
import type { WantedFile } from "./files.ts";
import { type FetchOptions, names } from "./options.ts";

/**
 * Holds a file to its platform.
 * @returns the mismatch that was let through, for the record.
 * @throws KsoError `fetch` naming both architectures.
 */
export async function checkFile(
  { artifact, locked }: WantedFile,
  digest: Digest,
  options: FetchOptions,
): Promise<string | undefined> {
  if (artifact.platforms.length !== 1) return undefined; // one file for all holds no machine code, or all of them
  const { store, deep } = options;
  const findings = await remembered(
    store,
    deep ? "truth-deep" : "truth",
    digest,
    (): Promise<FoundProgram[]> => findPrograms(artifact.path, () => readExtents(store.locate(digest) ?? []), deep),
  );
  return judge(platformMismatch(artifact.name, artifact.platforms, findings), artifact, locked, options);
}

/**
 * With --deep: the program that each platform's image starts. The configurations were looked at when they were read.
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
  for (const one of imagesIn(locked.root, artifact.platforms, (blob) => readBlob(store, blob))) {
    const { fault } = await remembered(store, "program", one.manifest.digest, async () => ({
      fault: await faultOf(one, store),
    }));
    const mismatch = judge(fault, artifact, locked, options);
    if (mismatch !== undefined) return mismatch;
  }
  return locked.mismatch;
}

/** A manifest or configuration that is in the store. */
export function readBlob(store: Store, blob: Descriptor): Uint8Array | undefined {
  const extents = store.has(blob) ? store.locate(blob.digest) : undefined;
  return extents && readWhole(extents, documentLimit);
}

async function faultOf({ platform, config, layers }: PlatformImage, store: Store): Promise<string | undefined> {
  const document = readBlob(store, config);
  if (!document) return undefined;
  const open = layers.map(({ mediaType, digest }) => ({
    mediaType,
    open: () => readExtents(store.locate(digest) ?? []),
  }));
  return await entrypointMismatch(platform, document, open);
}

async function remembered<T extends object>(
  store: Store,
  kind: string,
  digest: Digest,
  compute: () => Promise<T>,
): Promise<T> {
  const known = store.recall(kind, digest);
  if (typeof known === "object" && known !== null) return known as T;
  const fact = await compute();
  store.remember(kind, digest, fact);
  return fact;
}

function judge(
  mismatch: string | undefined,
  artifact: FileArtifact | ImageArtifact,
  locked: { readonly mismatch?: string } | undefined,
  { allowMismatch }: FetchOptions,
): string | undefined {
  const allowed = locked?.mismatch !== undefined || names(artifact).some((name) => allowMismatch.includes(name));
  if (mismatch === undefined || allowed) return mismatch;
  throw new KsoError("fetch", `${mismatch}; --allow-arch-mismatch ${artifact.name} lets it through`);
}
