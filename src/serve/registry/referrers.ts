// The referrers API: what refers to a manifest (signatures, SBOMs). The manifests are read once, at the first request.
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { readWhole } from "../../files/extents.ts";
import { documentLimit } from "../../oci/document.ts";
import { parseDocument } from "../../oci/manifest.ts";
import type { ContentIndex } from "../content/content-index.ts";
import type { ContentSource } from "../content/respond.ts";
import { registryJson } from "./errors.ts";

/** A descriptor as the list has it. */
interface Referrer extends Descriptor {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The parts of a manifest that its descriptor repeats. */
interface RawManifest {
  readonly artifactType?: unknown;
  readonly config?: { readonly mediaType?: unknown };
  readonly annotations?: unknown;
}

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
    const mediaType = "application/vnd.oci.image.index.v1+json";
    return registryJson(
      { schemaVersion: 2, mediaType, manifests },
      { "content-type": mediaType, ...(isFiltered && { "oci-filters-applied": "artifactType" }) },
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
    list.push(referrerOf(blob, JSON.parse(new TextDecoder().decode(bytes)) as RawManifest));
    referrers.set(
      subject,
      list.sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    );
  }
  return referrers;
}

/** The digest that a manifest refers to; undefined for none, and for a manifest that cannot be parsed. */
function subjectOf(bytes: Uint8Array, blob: Descriptor): Digest | undefined {
  try {
    return parseDocument(bytes, blob).subject;
  } catch (thrown) {
    if (thrown instanceof KsoError) return undefined;
    throw thrown;
  }
}

/** The descriptor of a referrer. As specified, the artifact type is the manifest's, else the media type of its configuration. */
function referrerOf(
  { mediaType, digest, size }: Descriptor,
  { artifactType, config, annotations }: RawManifest,
): Referrer {
  const type = typeof artifactType === "string" && artifactType !== "" ? artifactType : config?.mediaType;
  const hasAnnotations = typeof annotations === "object" && annotations !== null;
  return {
    mediaType,
    digest,
    size,
    ...(typeof type === "string" && { artifactType: type }),
    ...(hasAnnotations && { annotations: annotations as Record<string, string> }),
  };
}
