// Checks the images: `index.json` and the lock name the same ones, and each is complete for every platform.
import * as v from "valibot";
import { parseJson } from "../bundle/lock.ts";
import {
  type Bundle,
  blobName,
  entryIn,
  type IndexEntry,
  readArchiveText,
  type StackedArchive,
} from "../bundle/open.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { availablePlatforms, type Lock, type LockedImage } from "../core/lock.ts";
import { type ImageContents, walkImage } from "../oci/walk.ts";
import type { MismatchAllowed } from "./machine-code.ts";
import type { BlobOwner } from "./owners.ts";
import type { Findings } from "./report.ts";

const refName = "org.opencontainers.image.ref.name";
const containerdName = "io.containerd.image.name";

/** What {@link checkImages} needs beside the bundle. */
export interface ImageChecks {
  readonly owner: BlobOwner;
  readonly read: (blob: Descriptor) => Uint8Array | undefined;
  /** Items whose architecture may differ, by name. */
  readonly allowed: MismatchAllowed;
}

/** Checks that `index.json` and the lock name the same images and referrers with the same digests. */
export function checkIndex({ lock, index }: Bundle, findings: Findings): void {
  const images = new Map<string, Descriptor>(lock.images.map(({ image, root }) => [image, root]));
  const referrers = new Map(
    lock.images
      .flatMap(({ referrers = [] }) => referrers)
      .map((referrer): [Digest, Descriptor] => [referrer.digest, referrer]),
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

/** The keys that an index.json of kso has: any other would say something that the lock does not. */
const indexShape = v.strictObject({
  schemaVersion: v.literal(2),
  mediaType: v.literal("application/vnd.oci.image.index.v1+json"),
  manifests: v.array(
    v.strictObject({
      ...{ mediaType: v.string(), digest: v.string(), size: v.number() },
      annotations: v.exactOptional(
        v.strictObject({ [refName]: v.string(), [containerdName]: v.exactOptional(v.string()) }),
      ),
    }),
  ),
});

/** Checks that `index.json` holds nothing beside images, referrers and their names. */
export function checkIndexShape(archive: StackedArchive, findings: Findings): void {
  findings.guard("index.json", "structure", () => {
    parseJson(indexShape, readArchiveText(archive, "index.json"), `index.json in ${archive.path}`);
  });
}

/** Checks that the name which containerd reads is the image's. */
function checkAlias(item: string, name: string | undefined, { annotations }: IndexEntry, findings: Findings): void {
  const alias = annotations[containerdName];
  if (name !== undefined && alias !== undefined && alias !== name)
    findings.add(item, "lock", `index.json has another name for containerd: ${JSON.stringify(alias.slice(0, 200))}`);
}

/** The image's name; undefined for a referrer, which has none. */
function nameOf({ annotations }: IndexEntry): string | undefined {
  const name = annotations[refName];
  const alias = annotations[containerdName];
  // The images that kso makes have a name without a host, and containerd's with localhost.
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

/** Checks each image: every platform that it is for, every blob, and the architecture in its configurations. */
export function checkImages(bundle: Bundle, options: ImageChecks, findings: Findings): void {
  for (const image of bundle.lock.images)
    findings.guard(image.image, "incomplete", () => checkImage(bundle, image, options, findings));
}

function checkImage(bundle: Bundle, image: LockedImage, options: ImageChecks, findings: Findings): void {
  // What is on record as unavailable is looked for, too: the record must be true.
  const platforms = new Set([...image.platforms, ...(image.unavailable ?? [])]);
  const walk = walkImage(image.root, [...platforms], options.read);
  const walks = [walk, ...(image.referrers ?? []).map((referrer) => walkImage(referrer, "all", options.read))];
  checkPlatforms(bundle.lock, image, walk, findings);
  checkArchitectures(image, walk, options, findings);

  const unread = walks.flatMap((contents) => contents.unread);
  // A blob that is in the bundle, but damaged or of another size, is reported by checkBlobs.
  for (const { digest } of unread)
    if (!entryIn(bundle.archives, blobName(digest)))
      findings.add(options.owner(digest), "missing", `the bundle does not have its blob ${digest}`);
  const blobs = walks.flatMap((contents) => contents.blobs);
  // What a manifest that cannot be read would name is not known.
  checkBlobList(image, blobs, { owner: options.owner, complete: unread.length === 0 }, findings);
}

/** Checks that platforms which the image lacks are on record, and that it lacks those on record. */
function checkPlatforms(lock: Lock, image: LockedImage, walk: ImageContents, findings: Findings): void {
  const onRecord = new Set([...(image.unavailable ?? []), ...unavailablePlatforms(lock, image, image.image)]);
  for (const platform of walk.unavailable) {
    if (onRecord.has(platform))
      findings.note(`${image.image} ${platform}`, "upstream has no image for this platform; it is on record");
    else findings.add(`${image.image} ${platform}`, "incomplete", "the image has no manifest for this platform");
  }
  if (availablePlatforms(image, lock).length === 0)
    findings.add(image.image, "incomplete", "there is no image for any of its platforms; write the bundle anew");
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

/** Checks that the lock lists for an image the blobs that it consists of, and no others. */
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

/** The platforms for which the lock has the item as unavailable, in the version or under the locator that it has. */
export function unavailablePlatforms(
  lock: Lock,
  { name, version }: Pick<LockedImage, "name" | "version">,
  locator?: string,
): string[] {
  const own = lock.unavailable.filter((each) => each.version === version || each.locator === locator);
  return own.flatMap((each) => (each.name === name ? [each.platform] : []));
}

function describeBlob({ size, mediaType }: Descriptor): string {
  return `${size} bytes of ${mediaType}`;
}
