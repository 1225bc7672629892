// What refers to a manifest (signatures, SBOMs), as the referrers API lists it. The manifests are read once, when first asked.
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { readWhole } from "../../files/extents.ts";
import { documentLimit, parseDocument } from "../../oci/manifest.ts";
import type { ContentIndex } from "../content/content-index.ts";
import type { ContentSource } from "../content/respond.ts";
import { registryJson } from "./errors.ts";

/** A descriptor as the list has it. */
interface Referrer extends Descriptor {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The parts of a manifest that its descriptor repeats. */
interface Raw {
  readonly artifactType?: unknown;
  readonly config?: { readonly mediaType?: unknown };
  readonly annotations?: unknown;
}

export function referrersApi(
  shelf: ContentIndex,
  source: ContentSource,
): (subject: Digest, type: string | null) => Response {
  let known: Map<Digest, Referrer[]> | undefined;
  return (subject, type) => {
    known ??= collect(shelf, source);
    const all = known.get(subject) ?? [];
    const filtered = type !== null && type !== "";
    const manifests = filtered ? all.filter(({ artifactType }) => artifactType === type) : all;
    const mediaType = "application/vnd.oci.image.index.v1+json";
    return registryJson(
      { schemaVersion: 2, mediaType, manifests },
      { "content-type": mediaType, ...(filtered && { "oci-filters-applied": "artifactType" }) },
    );
  };
}

function collect(shelf: ContentIndex, source: ContentSource): Map<Digest, Referrer[]> {
  const found = new Map<Digest, Referrer[]>();
  for (const blob of shelf.manifests.values()) {
    if (blob.size > documentLimit || !shelf.locate(blob.digest)) continue;
    const bytes = source.cached(blob) ?? readWhole(source.locate(blob), documentLimit);
    const subject = subjectOf(bytes, blob);
    if (!subject) continue;
    const list = found.get(subject) ?? [];
    list.push(describe(blob, JSON.parse(new TextDecoder().decode(bytes)) as Raw));
    found.set(
      subject,
      list.sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    );
  }
  return found;
}

/** A manifest that cannot be read refers to nothing. */
function subjectOf(bytes: Uint8Array, blob: Descriptor): Digest | undefined {
  try {
    return parseDocument(bytes, blob).subject;
  } catch (thrown) {
    if (thrown instanceof KsoError) return undefined;
    throw thrown;
  }
}

/** As the specification has it: the artifact's type is its manifest's, else that of its configuration. */
function describe({ mediaType, digest, size }: Descriptor, { artifactType, config, annotations }: Raw): Referrer {
  const type = typeof artifactType === "string" && artifactType !== "" ? artifactType : config?.mediaType;
  const marked = typeof annotations === "object" && annotations !== null;
  return {
    mediaType,
    digest,
    size,
    ...(typeof type === "string" && { artifactType: type }),
    ...(marked && { annotations: annotations as Record<string, string> }),
  };
}
