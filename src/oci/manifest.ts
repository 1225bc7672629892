// Image indexes, image manifests and image configurations, of OCI and of Docker's schema 2, from a registry or a bundle. A
// malformed or ambiguous document is refused with its name and the reason.
import * as v from "valibot";
import { type Descriptor, mediaTypeSchema } from "../core/descriptor.ts";
import { type Digest, digestPattern } from "../core/digest.ts";
import type { KsoError } from "../core/errors.ts";
import { checkShape, malformedDocument, parseJsonObject, quoted } from "./document.ts";

/** Entries of an index, layers of a manifest. */
const maxEntries = 10_000;
/** No blob is longer than this. Bytes. */
const maxBlobSize = 2 ** 40;

type Kind = "index" | "manifest" | "schema1";
const kinds: Readonly<Record<string, Kind>> = {
  "application/vnd.oci.image.index.v1+json": "index",
  "application/vnd.oci.image.manifest.v1+json": "manifest",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
  "application/vnd.docker.distribution.manifest.v2+json": "manifest",
  "application/vnd.oci.artifact.manifest.v1+json": "manifest",
  "application/vnd.docker.distribution.manifest.v1+json": "schema1",
  "application/vnd.docker.distribution.manifest.v1+prettyjws": "schema1",
};
const imageConfigs = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/** The value of Accept: media types of the indexes and manifests that can be read. */
export const acceptedTypes: string = Object.keys(kinds)
  .filter((type) => kinds[type] !== "schema1")
  .join(", ");

/** The media type of a Content-Type header, without parameters; empty where there is none. */
export function mediaTypeOf(headers: Headers): string {
  return (headers.get("content-type") ?? "").replace(/;.*/, "").trim().toLowerCase();
}

/** The kind of document that a media type stands for; undefined where it is none of an index or manifest. */
export function manifestKind(mediaType: string): Kind | undefined {
  return Object.hasOwn(kinds, mediaType) ? kinds[mediaType] : undefined;
}

/** Is it the configuration of an image that runs, rather than of a chart, a signature or an SBOM? */
export function isImageConfig({ mediaType }: Descriptor): boolean {
  return imageConfigs.includes(mediaType);
}

/** What an image runs on, in OCI's words. */
export interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** An entry of an index. */
export interface ImageIndexEntry {
  readonly blob: Descriptor;
  readonly platform?: ImagePlatform;
  /** The digest of the manifest that this one attests, where it is an attestation. */
  readonly attests?: string;
}

/** An index or a manifest. */
export type ManifestDocument =
  | {
      readonly kind: "index";
      readonly mediaType: string;
      readonly entries: readonly ImageIndexEntry[];
      readonly subject?: Digest;
    }
  | {
      readonly kind: "manifest";
      readonly mediaType: string;
      /** Absent in artifact manifests only. */
      readonly config?: Descriptor;
      readonly layers: readonly Descriptor[];
      readonly subject?: Digest;
    };

const text = v.pipe(v.string(), v.maxLength(255));
const descriptorSchema = v.object({
  mediaType: mediaTypeSchema,
  digest: v.pipe(v.string(), v.regex(digestPattern, "is no sha256 or sha512 digest")),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(maxBlobSize)),
});
const subjectSchema = v.optional(v.nullable(descriptorSchema));
const platformSchema = v.object({ os: text, architecture: text, variant: v.optional(text) });
const indexSchema = v.object({
  schemaVersion: v.literal(2),
  manifests: v.pipe(
    v.array(
      v.object({
        ...descriptorSchema.entries,
        platform: v.optional(v.nullable(platformSchema)),
        annotations: v.optional(v.nullable(v.record(v.string(), v.string()))),
      }),
    ),
    v.maxLength(maxEntries),
  ),
  subject: subjectSchema,
});
const layersSchema = v.pipe(v.array(descriptorSchema), v.maxLength(maxEntries));
const manifestSchema = v.object({
  schemaVersion: v.literal(2),
  config: descriptorSchema,
  layers: layersSchema,
  subject: subjectSchema,
});
const artifactSchema = v.object({ blobs: v.optional(v.nullable(layersSchema)), subject: subjectSchema });
const configSchema = v.object({
  os: v.optional(text, ""),
  architecture: v.optional(text, ""),
  variant: v.optional(text),
});

/** What a document says about itself. It counts more than a header of HTTP, because the digest covers it. */
const headSchema = v.object({ mediaType: v.optional(mediaTypeSchema), schemaVersion: v.optional(v.number()) });

/**
 * Reads an index or a manifest.
 * @param blob what names it; its media type counts where the document does not name its own.
 * @throws KsoError `verify` naming the digest and what is wrong.
 */
export function parseDocument(bytes: Uint8Array, blob: Descriptor): ManifestDocument {
  const name = `manifest ${blob.digest}`;
  const json = parseJsonObject(bytes, name);
  const { kind, mediaType } = typeOf(json, blob, name);
  if (kind === "index") {
    const { manifests, subject } = checkShape(indexSchema, json, name);
    return { kind, mediaType, entries: manifests.map(entryOf), ...subjectOf(subject) };
  }
  if ("blobs" in json || mediaType.startsWith("application/vnd.oci.artifact.")) {
    const { blobs, subject } = checkShape(artifactSchema, json, name);
    return { kind, mediaType, layers: (blobs ?? []).map(descriptorOf), ...subjectOf(subject) };
  }
  const { config, layers, subject } = checkShape(manifestSchema, json, name);
  return {
    kind,
    mediaType,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
    ...subjectOf(subject),
  };
}

/** What a document is: by its own media type, else by that of its descriptor, else by its keys. They must not contradict. */
function typeOf(
  json: object,
  { mediaType: announcedType }: Descriptor,
  name: string,
): { kind: "index" | "manifest"; mediaType: string } {
  const head = checkShape(headSchema, json, name);
  const announced = manifestKind(announcedType);
  const kind = head.mediaType === undefined ? (announced ?? kindByKeys(json)) : manifestKind(head.mediaType);
  if (head.schemaVersion === 1 || manifestKind(head.mediaType ?? announcedType) === "schema1") throw schema1(name);
  if (!kind || kind === "schema1")
    throw malformedDocument(name, `its media type ${quoted(head.mediaType ?? announcedType)} is not one of an image`);
  if (announced && announced !== kind)
    throw malformedDocument(name, `it is named as ${quoted(announcedType)} and calls itself ${quoted(head.mediaType)}`);
  if ("manifests" in json && ["layers", "config", "blobs"].some((key) => key in json))
    throw malformedDocument(name, "it is an index and an image at the same time");
  const fallback = `application/vnd.oci.image.${kind}.v1+json`;
  return { kind, mediaType: head.mediaType ?? (announced ? announcedType : fallback) };
}

function kindByKeys(json: object): "index" | "manifest" | undefined {
  if ("manifests" in json) return "index";
  return "layers" in json || "blobs" in json ? "manifest" : undefined;
}

/**
 * Reads what an image configuration says it runs on; `os` and `architecture` are empty where it does not say.
 * @throws KsoError `verify` naming the digest and what is wrong.
 */
export function parseConfig(bytes: Uint8Array, { digest }: Descriptor): ImagePlatform {
  const name = `image configuration ${digest}`;
  return platformOf(checkShape(configSchema, parseJsonObject(bytes, name), name));
}

/** Docker's first format has no digests of its own: an image in it cannot be copied as it is. */
export function schema1(name: string): KsoError {
  return malformedDocument(
    name,
    "it is in Docker's schema 1, which is no longer supported; have it pushed again by a newer client",
  );
}

function entryOf(entry: v.InferOutput<typeof indexSchema>["manifests"][number]): ImageIndexEntry {
  const { platform, annotations } = entry;
  const attests =
    annotations?.["vnd.docker.reference.type"] === undefined
      ? undefined
      : (annotations["vnd.docker.reference.digest"] ?? "");
  return {
    blob: descriptorOf(entry),
    ...(platform && { platform: platformOf(platform) }),
    ...(attests !== undefined && { attests }),
  };
}

function platformOf({ os, architecture, variant }: v.InferOutput<typeof platformSchema>): ImagePlatform {
  return { os, architecture, ...(variant && { variant }) };
}

function descriptorOf({ mediaType, digest, size }: v.InferOutput<typeof descriptorSchema>): Descriptor {
  return { mediaType, digest: digest as Digest, size };
}

function subjectOf(subject: v.InferOutput<typeof descriptorSchema> | null | undefined): { subject?: Digest } {
  return subject ? { subject: subject.digest as Digest } : {};
}
