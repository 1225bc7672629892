// Architecture truth: is the machine code inside what the name and the lock promise? Read while other threads hash.
import type { Bundle } from "../bundle/open.ts";
import type { Descriptor, Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedFile } from "../core/lock.ts";
import { readExtents } from "../files/extents.ts";
import { entrypointMismatch } from "../machine-code/entrypoint.ts";
import { type FoundProgram, findPrograms, platformMismatch } from "../machine-code/programs.ts";
import { imagesIn, type PlatformImage } from "../oci/walk.ts";
import type { Findings } from "./report.ts";

/** Is the item's architecture excused: on record in the lock, or allowed by one of these names? */
export type MismatchAllowed = (
  item: { readonly name: string; readonly mismatch?: string },
  ...names: string[]
) => boolean;

export interface MachineCodeOptions {
  /** Every executable of every archive, and the programs that images start. */
  readonly deep: boolean;
  readonly read: (blob: Descriptor) => Uint8Array | undefined;
  readonly allowed: MismatchAllowed;
  readonly signal?: AbortSignal | undefined;
}

/** Looks into files, and into kso's own binaries where the bundle carries them. */
export async function checkMachineCode(bundle: Bundle, options: MachineCodeOptions, findings: Findings): Promise<void> {
  const { deep, signal, allowed } = options;
  const known = new Map<Digest, readonly FoundProgram[] | KsoError>();
  for (const file of bundle.lock.files) {
    signal?.throwIfAborted();
    const extents = bundle.locate(file.digest);
    // Several platforms may share a file that holds code for each, and then nothing can be wrong with it.
    if (!extents || file.platforms.length !== 1) continue;
    const code = known.get(file.digest) ?? (await programsIn(file.name, extents, deep, signal));
    known.set(file.digest, code);
    judge(file, code, allowed, findings);
  }
  if (deep) await checkPrograms(bundle, options, findings);
  for (const name of bundle.names) {
    const platform = /^kso\/kso-([a-z0-9]+)-([a-z0-9]+)$/.exec(name)?.slice(1).join("/");
    const extents = platform === undefined ? undefined : bundle.locateFile(name);
    if (platform === undefined || !extents) continue;
    const code = await programsIn(name, extents, false, signal);
    const wrong = code instanceof KsoError ? code.message : platformMismatch("kso", [platform], code);
    if (wrong !== undefined) findings.add(name, "architecture", wrong);
  }
}

/** Looks at the program that each image starts, on each platform. */
async function checkPrograms(bundle: Bundle, options: MachineCodeOptions, findings: Findings): Promise<void> {
  const { read, signal, allowed } = options;
  const known = new Map<Digest, string | undefined>();
  for (const image of bundle.lock.images) {
    for (const one of readableImages(image.root, bundle.lock.platforms, read)) {
      const { digest } = one.manifest;
      // The same image has other names too.
      if (!known.has(digest)) known.set(digest, await entrypointFault(one, bundle, read, signal));
      const wrong = known.get(digest);
      const item = `${image.image} ${one.platform}`;
      if (wrong === undefined) continue;
      if (allowed(image, image.image)) findings.note(item, `${wrong}; it is allowed`);
      else findings.add(item, "architecture", wrong);
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
    // What is wrong with the image is said where it is checked.
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
  // A layer that is not there is reported with the blobs.
  const placed = layers.flatMap(({ mediaType, digest }) => {
    const extents = bundle.locate(digest);
    return extents ? [{ mediaType, open: (): AsyncIterable<Uint8Array> => interruptible(extents, signal) }] : [];
  });
  if (!document || placed.length < layers.length) return undefined;
  return await entrypointMismatch(platform, document, placed);
}

function judge(
  file: LockedFile,
  code: readonly FoundProgram[] | KsoError,
  allowed: MismatchAllowed,
  findings: Findings,
): void {
  const wrong = code instanceof KsoError ? code.message : platformMismatch(file.name, file.platforms, code);
  if (wrong === undefined) return;
  if (allowed(file, file.path)) findings.note(file.path, `${wrong}; it is allowed`);
  else findings.add(file.path, "architecture", wrong);
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
