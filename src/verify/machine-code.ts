// Checks that files and images hold machine code for the platforms that the lock promises. Runs while other threads hash.
import type { Bundle } from "../bundle/open.ts";
import type { Descriptor, Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedFile } from "../core/lock.ts";
import { readExtents } from "../files/extents.ts";
import { entrypointMismatch } from "../machine-code/entrypoint.ts";
import { platformMismatch } from "../machine-code/mismatch.ts";
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
  const cache = new Map<Digest, readonly FoundProgram[] | KsoError>();
  for (const file of bundle.lock.files) {
    signal?.throwIfAborted();
    const extents = bundle.locate(file.digest);
    // A file that several platforms share may hold code for any of them.
    if (!extents || file.platforms.length !== 1) continue;
    const programs = cache.get(file.digest) ?? (await programsIn(file.name, extents, deep, signal));
    cache.set(file.digest, programs);
    reportMismatch(file, programs, allowed, findings);
  }
}

async function checkKsoBinaries(bundle: Bundle, { signal }: MachineCodeOptions, findings: Findings): Promise<void> {
  for (const name of bundle.names) {
    const platform = /^kso\/kso-([a-z0-9]+)-([a-z0-9]+)$/.exec(name)?.slice(1).join("/");
    const extents = platform === undefined ? undefined : bundle.locateFile(name);
    if (platform === undefined || !extents) continue;
    const programs = await programsIn(name, extents, false, signal);
    const mismatch = programs instanceof KsoError ? programs.message : platformMismatch("kso", [platform], programs);
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

function reportMismatch(
  file: LockedFile,
  programs: readonly FoundProgram[] | KsoError,
  allowed: MismatchAllowed,
  findings: Findings,
): void {
  const mismatch =
    programs instanceof KsoError ? programs.message : platformMismatch(file.name, file.platforms, programs);
  if (mismatch === undefined) return;
  if (allowed(file, file.path)) findings.note(file.path, `${mismatch}; it is allowed`);
  else findings.add(file.path, "architecture", mismatch);
}

async function programsIn(
  name: string,
  extents: readonly Extent[],
  deep: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly FoundProgram[] | KsoError> {
  try {
    return await findPrograms(name, () => interruptible(extents, signal), deep);
  } catch (thrown) {
    if (thrown instanceof KsoError && thrown.code === "verify") return thrown;
    throw thrown;
  }
}

async function* interruptible(extents: readonly Extent[], signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of readExtents(extents)) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
