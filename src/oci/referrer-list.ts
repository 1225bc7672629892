// The list of what refers to a manifest (signatures, SBOMs), as the referrers API gives it, and as clients keep it under a tag where a
// registry has no such API. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { parseDocument } from "./manifest.ts";
import { digestOfBytes } from "./verified.ts";

/** An entry of the list. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The properties of a manifest that its entry repeats. */
interface RawManifest {
  readonly artifactType?: unknown;
  readonly config?: { readonly mediaType?: unknown };
  readonly annotations?: unknown;
}

/** The media type of the list. */
export const referrerListType = "application/vnd.oci.image.index.v1+json";

/** The entry of a manifest with these bytes. As specified, its artifact type is the manifest's, else the media type of its configuration. */
export function referrerOf({ mediaType, digest, size }: Descriptor, bytes: Uint8Array): Referrer {
  const { artifactType, config, annotations } = JSON.parse(new TextDecoder().decode(bytes)) as RawManifest;
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

/** The list as an index, with its bytes. */
export function referrerIndex(manifests: readonly Referrer[]): { index: Descriptor; bytes: Uint8Array } {
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: referrerListType, manifests }));
  return { index: { mediaType: referrerListType, digest: digestOfBytes(bytes), size: bytes.length }, bytes };
}

/** The digest that a manifest refers to; undefined for none, and for a manifest that cannot be parsed. */
export function subjectOf(bytes: Uint8Array, blob: Descriptor): Digest | undefined {
  try {
    return parseDocument(bytes, blob).subject;
  } catch (thrown) {
    if (thrown instanceof KsoError) return undefined;
    throw thrown;
  }
}
