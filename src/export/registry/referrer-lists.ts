// What refers to the images of a lock, for a registry without the referrers API, as distribution is: an index under the tag
// `sha256-<hex>` of what is referred to, where cosign, oras and the like look for it then.
import type { BlobSource, Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import type { LockedImage } from "../../core/lock.ts";
import { readWhole } from "../../files/extents.ts";
import { documentLimit } from "../../oci/document.ts";
import { manifestKind } from "../../oci/manifest.ts";
import { type Referrer, referrerIndex, referrerOf, subjectOf } from "../../oci/referrer-list.ts";

/** One such list. */
export interface ReferrerList {
  readonly tag: string;
  readonly index: Descriptor;
  readonly text: string;
}

/** The lists of an image, one for each manifest that something in the lock refers to, sorted by tag. */
export function referrerLists({ blobs, referrers = [] }: LockedImage, source: BlobSource): ReferrerList[] {
  if (referrers.length === 0) return [];
  const lists = new Map<Digest, Referrer[]>();
  for (const blob of blobs) {
    const extents = manifestKind(blob.mediaType) === "manifest" ? source.locate(blob.digest) : undefined;
    if (!extents) continue;
    const bytes = readWhole(extents, documentLimit);
    const subject = subjectOf(bytes, blob);
    if (subject) lists.set(subject, [...(lists.get(subject) ?? []), referrerOf(blob, bytes)]);
  }
  return [...lists]
    .map(([subject, entries]): ReferrerList => {
      const { index, bytes } = referrerIndex(entries.sort((a, b) => (a.digest < b.digest ? -1 : 1)));
      return { tag: subject.replace(":", "-"), index, text: new TextDecoder().decode(bytes) };
    })
    .sort((a, b) => (a.tag < b.tag ? -1 : 1));
}
