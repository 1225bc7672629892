// The images: `index.json` and the lock name the same ones, and each is complete for every platform.
import { type Bundle, blobName, entryIn, type IndexEntry } from "../bundle/open.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Lock, LockedImage } from "../core/lock.ts";
import { type ImageContents, walkImage } from "../oci/walk.ts";
import type { MismatchAllowed } from "./machine-code.ts";
import type { BlobOwner } from "./owners.ts";
import type { Findings } from "./report.ts";

const refName = "org.opencontainers.image.ref.name";
const containerdName = "io.containerd.image.name";

export interface ImageChecks {
  readonly owner: BlobOwner;
  readonly read: (blob: Descriptor) => Uint8Array | undefined;
  /** Items whose architecture may differ, by name. */
  readonly allowed: MismatchAllowed;
}

/** Same images, same digests, same referrers: in `index.json` and in the lock. */
export function checkIndex({ lock, index }: Bundle, findings: Findings): void {
  const images = new Map<string, Descriptor>(lock.images.map(({ image, root }) => [image, root]));
  const referrers = new Map(
    lock.images.flatMap(({ referrers = [] }) => referrers).map((one): [Digest, Descriptor] => [one.digest, one]),
  );
  const indexed = new Set<string>();
  for (const entry of index) {
    const name = nameOf(entry);
    const item = name ?? entry.digest;
    if (indexed.has(item)) findings.add(item, "lock", "index.json names it twice");
    indexed.add(item);
    checkIndexEntry(item, entry, name === undefined ? referrers.get(entry.digest) : images.get(name), findings);
    checkAlias(item, name, entry, findings);
  }
  for (const name of images.keys())
    if (!indexed.has(name)) findings.add(name, "missing", "index.json does not name it");
  const roots = new Set([...images.values()].map(({ digest }) => digest));
  for (const digest of referrers.keys())
    if (!indexed.has(digest) && !roots.has(digest))
      findings.add(digest, "missing", "index.json does not name this referrer");
}

/** containerd reads a name of its own, which is no other. */
function checkAlias(item: string, name: string | undefined, { annotations }: IndexEntry, findings: Findings): void {
  const alias = annotations[containerdName];
  if (name !== undefined && alias !== undefined && alias !== name)
    findings.add(item, "lock", `index.json has another name for containerd: ${JSON.stringify(alias.slice(0, 200))}`);
}

/** The image's name; undefined for a referrer, which has none. */
function nameOf({ annotations }: IndexEntry): string | undefined {
  const name = annotations[refName];
  const alias = annotations[containerdName];
  // Images of kso's own have a name without a host, which means this one.
  return name !== undefined && alias === `localhost/${name}` ? alias : name;
}

function checkIndexEntry(item: string, entry: IndexEntry, locked: Descriptor | undefined, findings: Findings): void {
  if (!locked) findings.add(item, "extra", "index.json names it and the lock does not");
  else if (locked.digest !== entry.digest)
    findings.add(item, "lock", `index.json says ${entry.digest}, and the lock ${locked.digest}`);
  else if (locked.size !== entry.size || locked.mediaType !== entry.mediaType) {
    const [inIndex, inLock] = [describeBlob(entry), describeBlob(locked)];
    findings.add(item, "lock", `index.json says ${inIndex} for ${entry.digest}, and the lock ${inLock}`);
  }
}

/** Each image: every platform, every blob, the architecture in its configurations. */
export function checkImages(bundle: Bundle, options: ImageChecks, findings: Findings): void {
  for (const image of bundle.lock.images)
    findings.guard(image.image, "incomplete", () => checkImage(bundle, image, options, findings));
}

function checkImage(bundle: Bundle, image: LockedImage, options: ImageChecks, findings: Findings): void {
  const walk = walkImage(image.root, bundle.lock.platforms, options.read);
  const walks = [walk, ...(image.referrers ?? []).map((referrer) => walkImage(referrer, "all", options.read))];
  checkPlatforms(bundle.lock, image, walk, findings);
  checkArchitectures(image, walk, options, findings);

  const unread = walks.flatMap((one) => one.unread);
  // One that is there and damaged, or of another size, is reported as that.
  for (const { digest } of unread)
    if (!entryIn(bundle.archives, blobName(digest)))
      findings.add(options.owner(digest), "missing", `the bundle does not have its blob ${digest}`);
  const blobs = walks.flatMap((one) => one.blobs);
  // With a manifest missing nobody knows what it would have named.
  checkBlobList(image, blobs, { owner: options.owner, complete: unread.length === 0 }, findings);
}

/** What upstream lacks is on record, and what is on record is lacking. */
function checkPlatforms(lock: Lock, image: LockedImage, walk: ImageContents, findings: Findings): void {
  const excused = new Set([...(image.unavailable ?? []), ...unavailablePlatforms(lock, image.name)]);
  for (const platform of walk.unavailable) {
    if (excused.has(platform))
      findings.note(`${image.image} ${platform}`, "upstream has no image for this platform; it is on record");
    else findings.add(`${image.image} ${platform}`, "incomplete", "the image has no manifest for this platform");
  }
  for (const platform of image.unavailable ?? [])
    if (!walk.unavailable.includes(platform))
      findings.add(`${image.image} ${platform}`, "lock", "the lock says that upstream lacks it, and the image has it");
}

function checkArchitectures(
  image: LockedImage,
  walk: ImageContents,
  { allowed }: ImageChecks,
  findings: Findings,
): void {
  for (const [platform, code] of Object.entries(walk.mislabelled)) {
    const message = `the image configuration for ${platform} says ${code}`;
    if (allowed(image, image.image)) findings.note(`${image.image} ${platform}`, `${message}; it is allowed`);
    else findings.add(`${image.image} ${platform}`, "architecture", message);
  }
}

/** The blobs that an image consists of are those that the lock lists for it. */
function checkBlobList(
  image: LockedImage,
  blobs: readonly Descriptor[],
  { owner, complete }: { readonly owner: BlobOwner; readonly complete: boolean },
  findings: Findings,
): void {
  const needed = new Map(blobs.map((blob): [Digest, Descriptor] => [blob.digest, blob]));
  const listed = new Map(image.blobs.map((blob): [Digest, Descriptor] => [blob.digest, blob]));
  for (const { digest, size } of needed.values()) {
    const locked = listed.get(digest);
    if (!locked) findings.add(image.image, "lock", `the image needs ${digest}, which the lock does not list for it`);
    else if (locked.size !== size)
      findings.add(owner(digest), "size", `the image says ${size} bytes for ${digest}, and the lock ${locked.size}`);
  }
  if (!complete) return;
  for (const { digest } of listed.values())
    if (!needed.has(digest))
      findings.add(image.image, "lock", `the lock lists ${digest}, which nothing in the image names`);
}

/** Platforms for which the plan already knew that there is nothing. */
export function unavailablePlatforms(lock: Lock, name: string): string[] {
  return lock.unavailable.filter((unavailable) => unavailable.name === name).map(({ platform }) => platform);
}

function describeBlob({ size, mediaType }: Descriptor): string {
  return `${size} bytes of ${mediaType}`;
}
