// Checks that files and images hold machine code for the platforms that the lock promises. Runs while other threads hash.
import type { Bundle } from "../bundle/open.ts";
import type { Descriptor, Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { readExtents } from "../files/extents.ts";
import { entrypointMismatch } from "../machine-code/entrypoint.ts";
import { fileMismatch } from "../machine-code/mismatch.ts";
import { type FoundProgram, findPrograms } from "../machine-code/programs.ts";
import { imagesIn, type PlatformImage } from "../oci/walk.ts";
import type { Findings } from "./report.ts";

/** True when the item may hold other machine code: it is on record in the lock, or allowed by one of these names. */
export type MismatchAllowed = (
  item: { readonly name: string; readonly component: string; readonly mismatch?: string },
  ...names: string[]
) => boolean;

/** How machine code is checked. */
export interface MachineCodeOptions {
  /** Every executable of every archive, and the programs that images start. */
  readonly deep: boolean;
  readonly read: (blob: Descriptor) => Uint8Array | undefined;
  readonly allowed: MismatchAllowed;
  readonly signal?: AbortSignal | undefined;
}

/** Checks files, kso's own binaries where the bundle carries them, and with `deep` the programs that images start. */
export async function checkMachineCode(bundle: Bundle, options: MachineCodeOptions, findings: Findings): Promise<void> {
  await checkFilePrograms(bundle, options, findings);
  if (options.deep) await checkEntrypoints(bundle, options, findings);
  await checkKsoBinaries(bundle, options, findings);
}

async function checkFilePrograms(bundle: Bundle, options: MachineCodeOptions, findings: Findings): Promise<void> {
  const { deep, signal, allowed } = options;
  const cache = new Map<string, Promise<readonly FoundProgram[]>>();
  for (const file of bundle.lock.files) {
    signal?.throwIfAborted();
    const extents = bundle.locate(file.digest);
    if (!extents) continue;
    const find = (isDeep: boolean): Promise<readonly FoundProgram[]> => {
      const key = `${file.digest} ${isDeep}`;
      const programs = cache.get(key) ?? findPrograms(file.name, () => interruptible(extents, signal), isDeep);
      cache.set(key, programs);
      return programs;
    };
    const mismatch = await brokenAsText(fileMismatch(file, { deep, find }));
    if (mismatch === undefined) continue;
    if (allowed(file, file.path)) findings.note(file.path, `${mismatch}; it is allowed`);
    else findings.add(file.path, "architecture", mismatch);
  }
}

async function checkKsoBinaries(bundle: Bundle, { signal }: MachineCodeOptions, findings: Findings): Promise<void> {
  for (const name of bundle.names) {
    const platform = /^kso\/kso-([a-z0-9]+)-([a-z0-9]+)$/.exec(name)?.slice(1).join("/");
    const extents = platform === undefined ? undefined : bundle.locateFile(name);
    if (platform === undefined || !extents) continue;
    const find = (): Promise<readonly FoundProgram[]> =>
      findPrograms(name, () => interruptible(extents, signal), false);
    const mismatch = await brokenAsText(fileMismatch({ name: "kso", platforms: [platform] }, { deep: false, find }));
    if (mismatch !== undefined) findings.add(name, "architecture", mismatch);
  }
}

/** Checks the program that each image starts, on each platform. */
async function checkEntrypoints(bundle: Bundle, options: MachineCodeOptions, findings: Findings): Promise<void> {
  const { read, signal, allowed } = options;
  const cache = new Map<Digest, string | undefined>();
  for (const image of bundle.lock.images) {
    for (const platformImage of readableImages(image.root, image.platforms, read)) {
      const { digest } = platformImage.manifest;
      // One image may have several names.
      if (!cache.has(digest)) cache.set(digest, await entrypointFault(platformImage, bundle, read, signal));
      const mismatch = cache.get(digest);
      const item = `${image.image} ${platformImage.platform}`;
      if (mismatch === undefined) continue;
      if (allowed(image, image.image)) findings.note(item, `${mismatch}; it is allowed`);
      else findings.add(item, "architecture", mismatch);
    }
  }
}

function readableImages(
  root: Descriptor,
  platforms: readonly string[],
  read: MachineCodeOptions["read"],
): readonly PlatformImage[] {
  try {
    return imagesIn(root, platforms, read);
  } catch (thrown) {
    // checkImages reports what is wrong with the image.
    if (thrown instanceof KsoError) return [];
    throw thrown;
  }
}

async function entrypointFault(
  { platform, config, layers }: PlatformImage,
  bundle: Bundle,
  read: MachineCodeOptions["read"],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const document = read(config);
  // checkBlobs reports a layer that is missing.
  const readable = layers.flatMap(({ mediaType, digest }) => {
    const extents = bundle.locate(digest);
    return extents ? [{ mediaType, open: (): AsyncIterable<Uint8Array> => interruptible(extents, signal) }] : [];
  });
  if (!document || readable.length < layers.length) return undefined;
  return await entrypointMismatch(platform, document, readable);
}

/** What is wrong about a file; that its archive is broken is that, too. */
async function brokenAsText(mismatch: Promise<string | undefined>): Promise<string | undefined> {
  return await mismatch.catch((thrown) => {
    if (thrown instanceof KsoError && thrown.code === "verify") return thrown.message;
    throw thrown;
  });
}

async function* interruptible(extents: readonly Extent[], signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of readExtents(extents)) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
