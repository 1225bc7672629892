// The images: `index.json` and the lock name the same ones, and each is complete for every platform.
import { type Bundle, blobName, entryIn } from "../bundle/open.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Lock, LockedImage } from "../core/lock.ts";
import { walkImage } from "../oci/walk.ts";
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
  const named = new Map<string, Descriptor>(lock.images.map(({ image, root }) => [image, root]));
  const referrers = new Map(
    lock.images.flatMap(({ referrers = [] }) => referrers).map((one): [Digest, Descriptor] => [one.digest, one]),
  );
  const seen = new Set<string>();
  for (const entry of index) {
    const other = entry.annotations[containerdName];
    const short = entry.annotations[refName];
    // Images of kso's own have a name without a host, which means this one.
    const name = short !== undefined && other === `localhost/${short}` ? other : short;
    const item = name ?? entry.digest;
    if (seen.has(item)) findings.add(item, "lock", "index.json names it twice");
    seen.add(item);
    const wanted = name === undefined ? referrers.get(entry.digest) : named.get(name);
    if (!wanted) findings.add(item, "extra", "index.json names it and the lock does not");
    else if (wanted.digest !== entry.digest)
      findings.add(item, "lock", `index.json says ${entry.digest}, and the lock ${wanted.digest}`);
    else if (wanted.size !== entry.size || wanted.mediaType !== entry.mediaType)
      findings.add(item, "lock", `index.json says ${said(entry)} for ${entry.digest}, and the lock ${said(wanted)}`);
    if (name !== undefined && other !== undefined && other !== name)
      findings.add(item, "lock", `index.json has another name for containerd: ${JSON.stringify(other.slice(0, 200))}`);
  }
  for (const name of named.keys()) if (!seen.has(name)) findings.add(name, "missing", "index.json does not name it");
  const roots = new Set([...named.values()].map(({ digest }) => digest));
  for (const digest of referrers.keys())
    if (!seen.has(digest) && !roots.has(digest))
      findings.add(digest, "missing", "index.json does not name this referrer");
}

/** Each image: every platform, every blob, the architecture in its configurations. */
export function checkImages(bundle: Bundle, options: ImageChecks, findings: Findings): void {
  for (const image of bundle.lock.images)
    findings.guard(image.image, "incomplete", () => checkImage(bundle, image, options, findings));
}

function checkImage(bundle: Bundle, image: LockedImage, options: ImageChecks, findings: Findings): void {
  const { lock, archives } = bundle;
  const { owner, read, allowed } = options;
  const walks = [
    walkImage(image.root, lock.platforms, read),
    ...(image.referrers ?? []).map((referrer) => walkImage(referrer, "all", read)),
  ];
  const needed = new Map(walks.flatMap(({ blobs }) => blobs).map((blob): [Digest, Descriptor] => [blob.digest, blob]));
  const listed = new Map(image.blobs.map((blob): [Digest, Descriptor] => [blob.digest, blob]));

  const [walked] = walks;
  const excused = new Set([...(image.missing ?? []), ...unavailablePlatforms(lock, image.name)]);
  for (const platform of walked?.unavailable ?? []) {
    if (excused.has(platform))
      findings.note(`${image.image} ${platform}`, "upstream has no image for this platform; it is on record");
    else findings.add(`${image.image} ${platform}`, "incomplete", "the image has no manifest for this platform");
  }
  for (const platform of image.missing ?? [])
    if (!walked?.unavailable.includes(platform))
      findings.add(`${image.image} ${platform}`, "lock", "the lock says that upstream lacks it, and the image has it");
  for (const [platform, code] of Object.entries(walked?.mislabelled ?? {})) {
    const message = `the image configuration for ${platform} says ${code}`;
    if (allowed(image, image.image)) findings.note(`${image.image} ${platform}`, `${message}; it is allowed`);
    else findings.add(`${image.image} ${platform}`, "architecture", message);
  }

  const absent = walks.flatMap((walk) => walk.unread);
  // One that is there and damaged, or of another size, is reported as that.
  for (const { digest } of absent)
    if (!entryIn(archives, blobName(digest)))
      findings.add(owner(digest), "missing", `the bundle does not have its blob ${digest}`);
  for (const { digest, size } of needed.values()) {
    const describeBlob = listed.get(digest);
    if (!describeBlob)
      findings.add(image.image, "lock", `the image needs ${digest}, which the lock does not list for it`);
    else if (describeBlob.size !== size)
      findings.add(
        owner(digest),
        "size",
        `the image says ${size} bytes for ${digest}, and the lock ${describeBlob.size}`,
      );
  }
  // With a manifest missing nobody knows what it would have named.
  if (absent.length > 0) return;
  for (const { digest } of listed.values())
    if (!needed.has(digest))
      findings.add(image.image, "lock", `the lock lists ${digest}, which nothing in the image names`);
}

/** Platforms for which the plan already knew that there is nothing. */
export function unavailablePlatforms(lock: Lock, name: string): string[] {
  return lock.unavailable.filter((unavailable) => unavailable.name === name).map(({ platform }) => platform);
}

function said({ size, mediaType }: Descriptor): string {
  return `${size} bytes of ${mediaType}`;
}
