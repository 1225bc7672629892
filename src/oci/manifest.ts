// Image indexes, image manifests and image configurations, of OCI and of Docker's schema 2. In travels what a registry or
// a bundle claims; out travels what has one meaning only. Everything else is refused with the item and the reason.
import * as v from "valibot";
import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, digestPattern } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";

/** Manifests, indexes and configurations are not longer than this. Bytes. */
export const documentLimit: number = 8 << 20;
/** Entries of an index, layers of a manifest. */
const entryLimit = 10_000;
/** No blob is longer than this. Bytes. */
const blobLimit = 2 ** 40;

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

/** What a registry may answer with. */
export const acceptedTypes: string = Object.keys(kinds)
  .filter((type) => kinds[type] !== "schema1")
  .join(", ");

/** The media type of a Content-Type header, without parameters; empty where there is none. */
export function mediaTypeOf(headers: Headers): string {
  return (headers.get("content-type") ?? "").replace(/;.*/, "").trim().toLowerCase();
}

/** What kso knows a media type to be. */
export function manifestKind(bare: string): Kind | undefined {
  return Object.hasOwn(kinds, bare) ? kinds[bare] : undefined;
}

/** Is it the configuration of something that runs, rather than of a chart, a signature or an SBOM? */
export function isImageConfig({ mediaType }: Descriptor): boolean {
  return imageConfigs.includes(mediaType);
}

/** What an image runs on, in OCI's words. */
export interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** A line of an index. */
export interface ImageIndexEntry {
  readonly blob: Descriptor;
  readonly platform?: ImagePlatform;
  /** The digest of the manifest that this one attests, where it is an attestation. */
  readonly attests?: string;
}

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
const descriptor = v.object({
  mediaType: v.pipe(text, v.nonEmpty()),
  digest: v.pipe(v.string(), v.regex(digestPattern, "is no sha256 or sha512 digest")),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(blobLimit)),
});
const subject = v.optional(v.nullable(descriptor));
const runsOn = v.object({ os: text, architecture: text, variant: v.optional(text) });
const index = v.object({
  schemaVersion: v.literal(2),
  manifests: v.pipe(
    v.array(
      v.object({
        ...descriptor.entries,
        platform: v.optional(v.nullable(runsOn)),
        annotations: v.optional(v.nullable(v.record(v.string(), v.string()))),
      }),
    ),
    v.maxLength(entryLimit),
  ),
  subject,
});
const layers = v.pipe(v.array(descriptor), v.maxLength(entryLimit));
const manifest = v.object({ schemaVersion: v.literal(2), config: descriptor, layers, subject });
const artifact = v.object({ blobs: v.optional(v.nullable(layers)), subject });
const config = v.object({
  os: v.optional(text, ""),
  architecture: v.optional(text, ""),
  variant: v.optional(text),
});

/** An answer's own media type, or the one its shape calls for: `bytes` alone decides, for they are what the digest covers. */
const ownType = v.object({ mediaType: v.optional(text), schemaVersion: v.optional(v.number()) });

/**
 * Reads an index or a manifest.
 * @param blob what names it; its media type counts where the document does not name its own.
 * @throws KsoError `verify` naming the digest and what is wrong.
 */
export function parseDocument(bytes: Uint8Array, blob: Descriptor): ManifestDocument {
  const name = `manifest ${blob.digest}`;
  const json = jsonOf(bytes, name);
  const own = shaped(ownType, json, name);
  const has = (key: string): boolean => Object.hasOwn(json as object, key);
  if (own.schemaVersion === 1 || manifestKind(own.mediaType ?? blob.mediaType) === "schema1") throw schema1(name);
  const shape: Kind | undefined = has("manifests") ? "index" : has("layers") || has("blobs") ? "manifest" : undefined;
  const kind = own.mediaType === undefined ? (manifestKind(blob.mediaType) ?? shape) : manifestKind(own.mediaType);
  if (!kind) throw refuse(name, `its media type ${quote(own.mediaType ?? blob.mediaType)} is not one of an image`);
  const announced = manifestKind(blob.mediaType);
  if (announced && announced !== kind)
    throw refuse(name, `it is named as ${quote(blob.mediaType)} and calls itself ${quote(own.mediaType)}`);
  if (has("manifests") && (has("layers") || has("config") || has("blobs")))
    throw refuse(name, "it is an index and an image at the same time");
  const fallback = `application/vnd.oci.image.${kind}.v1+json`;
  const mediaType = own.mediaType ?? (announced ? blob.mediaType : fallback);
  if (kind === "index") {
    const { manifests, subject } = shaped(index, json, name);
    return { kind, mediaType, entries: manifests.map(entryOf), ...subjectOf(subject) };
  }
  if (has("blobs") || mediaType.startsWith("application/vnd.oci.artifact.")) {
    const { blobs, subject } = shaped(artifact, json, name);
    return { kind: "manifest", mediaType, layers: (blobs ?? []).map(plain), ...subjectOf(subject) };
  }
  const { config, layers, subject } = shaped(manifest, json, name);
  return {
    kind: "manifest",
    mediaType,
    config: plain(config),
    layers: layers.map(plain),
    ...subjectOf(subject),
  };
}

/**
 * Reads what an image configuration says it runs on; `os` and `architecture` are empty where it does not say.
 * @throws KsoError `verify` naming the digest and what is wrong.
 */
export function parseConfig(bytes: Uint8Array, { digest }: Descriptor): ImagePlatform {
  const name = `image configuration ${digest}`;
  return runsOnOf(shaped(config, jsonOf(bytes, name), name));
}

/** Docker's first format has no digests of its own: an image in it cannot be kept as it is. */
export function schema1(name: string): KsoError {
  return refuse(
    name,
    "it is in Docker's schema 1, which is no longer supported; have it pushed again by a newer client",
  );
}

function entryOf(entry: v.InferOutput<typeof index>["manifests"][number]): ImageIndexEntry {
  const { platform, annotations } = entry;
  const attests =
    annotations?.["vnd.docker.reference.type"] === undefined
      ? undefined
      : (annotations["vnd.docker.reference.digest"] ?? "");
  return {
    blob: plain(entry),
    ...(platform && { platform: runsOnOf(platform) }),
    ...(attests !== undefined && { attests }),
  };
}

function runsOnOf({ os, architecture, variant }: v.InferOutput<typeof runsOn>): ImagePlatform {
  return { os, architecture, ...(variant && { variant }) };
}

function plain({ mediaType, digest, size }: v.InferOutput<typeof descriptor>): Descriptor {
  return { mediaType, digest: digest as Digest, size };
}

function subjectOf(subject: v.InferOutput<typeof descriptor> | null | undefined): { subject?: Digest } {
  return subject ? { subject: subject.digest as Digest } : {};
}

function jsonOf(bytes: Uint8Array, name: string): unknown {
  if (bytes.length > documentLimit) throw refuse(name, `it has ${bytes.length} bytes, more than ${documentLimit}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refuse(name, "it is not JSON", cause);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw refuse(name, "it is not a JSON object");
  return json;
}

function shaped<T extends v.GenericSchema>(schema: T, json: unknown, name: string): v.InferOutput<T> {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? "it";
  const found = quote(issue.input);
  throw refuse(name, `${where} ${found === undefined ? "is not there" : `is ${found}`}: ${why(issue)}`);
}

function why({ type, expected, message }: v.BaseIssue<unknown>): string {
  return type === "regex" ? message : `expected ${expected ?? type}`;
}

function quote(value: unknown): string | undefined {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return value === undefined ? undefined : JSON.stringify(value).slice(0, 100);
}

function refuse(name: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("verify", `Cannot read ${name}: ${reason}`, cause);
}
