// The referrers API: what refers to a manifest (signatures, SBOMs). The manifests are read once, at the first request.
import type { Digest } from "../../core/digest.ts";
import { readWhole } from "../../files/extents.ts";
import { documentLimit } from "../../oci/document.ts";
import { type Referrer, referrerListType, referrerOf, subjectOf } from "../../oci/referrer-list.ts";
import type { ContentIndex } from "../content/content-index.ts";
import type { ContentSource } from "../content/respond.ts";
import { registryJson } from "./errors.ts";

/** Returns the referrers API: what refers to a digest (undefined: nothing), only of one artifact type where that is given. */
export function referrersApi(
  index: ContentIndex,
  source: ContentSource,
): (subject: Digest | undefined, artifactType: string | null) => Response {
  let referrers: ReadonlyMap<Digest, readonly Referrer[]> | undefined;
  return (subject, artifactType) => {
    referrers ??= collect(index, source);
    const list = (subject && referrers.get(subject)) ?? [];
    const isFiltered = artifactType !== null && artifactType !== "";
    const manifests = isFiltered ? list.filter((referrer) => referrer.artifactType === artifactType) : list;
    return registryJson(
      { schemaVersion: 2, mediaType: referrerListType, manifests },
      { "content-type": referrerListType, ...(isFiltered && { "oci-filters-applied": "artifactType" }) },
    );
  };
}

/** Every manifest with a subject, by that subject, sorted by digest. */
function collect(index: ContentIndex, source: ContentSource): ReadonlyMap<Digest, readonly Referrer[]> {
  const referrers = new Map<Digest, Referrer[]>();
  for (const blob of index.manifests.values()) {
    if (blob.size > documentLimit || !index.locate(blob.digest)) continue;
    const bytes = source.cached(blob) ?? readWhole(source.locate(blob), documentLimit);
    const subject = subjectOf(bytes, blob);
    if (!subject) continue;
    const list = referrers.get(subject) ?? [];
    list.push(referrerOf(blob, bytes));
    referrers.set(
      subject,
      list.sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    );
  }
  return referrers;
}
