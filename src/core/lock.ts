// The lock is the exchange table between names and bytes: a plan, with the digest and size of everything in it.
// Its fields stand here twice, as types (with their meaning) and as a schema; the compiler holds both to the same fields.
import * as v from "valibot";
import { type Descriptor, descriptorSchema, sizeSchema } from "./descriptor.ts";
import { type Digest, digestSchema, sha256Schema } from "./digest.ts";
import { KsoError } from "./errors.ts";
import type { Plan, ReleaseStep, Unavailable, Unresolved } from "./plan.ts";
import { platformNameSchema } from "./platform.ts";
import { isFullReference } from "./reference.ts";

interface CommonLockedItem {
  /** kubespray's name of the item: `calico_node`. */
  readonly name: string;
  readonly component: string;
  readonly version: string;
  /** `linux/amd64`, …: what it was fetched for. */
  readonly platforms: readonly string[];
  /** The day it was resolved, UTC: `2026-11-24`. A day and not a moment, so that two runs of one day agree to the byte. */
  readonly resolved: string;
  /** On record: the machine code found where the platform promises another (`--allow-arch-mismatch`). */
  readonly mismatch?: string;
  /** In a lock of several releases: those that want it, oldest first. */
  readonly releases?: readonly string[];
}

/** A file, with its bytes. */
export interface LockedFile extends CommonLockedItem {
  /** The origin's URL, whatever mirror served it. */
  readonly url: string;
  /** Its name inside the air gap: `<origin host>/<path>`. */
  readonly path: string;
  /** Always sha256: the name of the blob. */
  readonly digest: Digest;
  readonly size: number;
  /** What the bytes were compared with, and who published it; absent when they were pinned on first sight. */
  readonly published?: { readonly digest: Digest; readonly source: string };
  /** On record: `--accept-digest` let these bytes in although `published` says otherwise. */
  readonly accepted?: true;
}

/** An image, with all its blobs. */
export interface LockedImage extends CommonLockedItem {
  /** The full name inside the air gap: `registry.k8s.io/pause:3.10`. */
  readonly image: string;
  /** The image index (or the image manifest, where upstream has no index) that the tag pointed to. */
  readonly root: Descriptor;
  /** Everything that is kept of it, the root first, each once: indexes, manifests, configurations, layers, attestations. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that refer to what is kept (signatures, SBOMs); their blobs are among `blobs`. */
  readonly referrers?: readonly Descriptor[];
  /** On record: the part of its platforms that upstream lacks (`--allow-missing`). An image that has none of them is in no lock. */
  readonly unavailable?: readonly string[];
  /** It is asked for by the digest of its root, and not only by its tag. */
  readonly byDigest?: true;
}

/** A program of kso's own that a bundle brings along (`--with-binaries`). */
export interface LockedBinary {
  /** `kso-linux-amd64`: its name below `kso/`. */
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
}

/** `kso.lock.json`, and `kso/lock.json` inside a bundle. */
export interface Lock {
  /** 2 where it is for several releases: a kso that knows of one only refuses it. */
  readonly schema: "kso.lock/1" | "kso.lock/2";
  /** The version of kso that wrote it. */
  readonly kso: string;
  /** Of several, the newest. */
  readonly release: Plan["release"];
  /** That of {@link Lock.release}. */
  readonly kubernetes: string;
  /** All of several releases, oldest first; every item then says which of them want it. */
  readonly releases?: readonly ReleaseStep[];
  readonly platforms: readonly string[];
  /** What kind of site it is for (`--profile`): what such a site does without is not in it. */
  readonly profile?: string;
  /** Sorted by path. */
  readonly files: readonly LockedFile[];
  /** Sorted by image. */
  readonly images: readonly LockedImage[];
  readonly unavailable: readonly Unavailable[];
  /** On record: what kso could not evaluate, and `--allow-unresolved` went on without. */
  readonly unresolved?: readonly Unresolved[];
  /** What `--format image` builds on, where the cluster does not run it too. It is in no bundle. Sorted by image. */
  readonly bases?: readonly LockedImage[];
  /** kso itself, in a bundle that brings it along. Sorted by name. */
  readonly binaries?: readonly LockedBinary[];
}

/** The media type of a file's blob. */
export const fileMediaType = "application/octet-stream";

/** The lock with these binaries of kso, and no others. */
export function withBinaries({ binaries: _, ...lock }: Lock, binaries: readonly LockedBinary[] = []): Lock {
  const locked = binaries
    .map(({ name, digest, size }) => ({ name, digest, size }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...lock, ...(locked.length > 0 && { binaries: locked }) };
}

/** The name of a locked item inside the air gap: a file's path, or an image's full name. */
export function lockedName(item: LockedFile | LockedImage): string {
  return "path" in item ? item.path : item.image;
}

/** The platforms that there is an image for: those it was fetched for, without those on record as unavailable. */
export function availablePlatforms({ image, name, platforms, unavailable = [] }: LockedImage, lock: Lock): string[] {
  const isUnavailable = (platform: string): boolean =>
    unavailable.includes(platform) ||
    lock.unavailable.some((each) => each.name === name && each.locator === image && each.platform === platform);
  return platforms.filter((platform) => !isUnavailable(platform));
}

/** Each blob of the lock once, sorted by digest. */
export function blobsOf(lock: Lock): Descriptor[] {
  const blobs = new Map<Digest, Descriptor>();
  for (const { digest, size } of lock.files) blobs.set(digest, { mediaType: fileMediaType, digest, size });
  for (const image of lock.images) for (const blob of image.blobs) blobs.set(blob.digest, blob);
  return [...blobs.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** A schema of every field of T and of nothing else. */
type FieldsOf<T> = Readonly<Record<keyof T, v.GenericSchema>>;

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const platforms = v.pipe(v.array(platformNameSchema), v.minLength(1, "must name a platform"));
const descriptors = v.array(descriptorSchema);
const itemReleases = v.exactOptional(v.pipe(v.array(text), v.minLength(1, "must name a release")));

const itemFields = {
  platforms,
  name: text,
  component: text,
  version: text,
  resolved: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/, "must be a day: 2026-11-24")),
  mismatch: v.exactOptional(text),
  releases: itemReleases,
} satisfies FieldsOf<CommonLockedItem>;

const fileSchema = v.strictObject({
  ...itemFields,
  url: v.pipe(v.string(), v.url("must be a URL")),
  path: v.pipe(v.string(), v.check(isPathBelowHost, "must be HOST/PATH and stay below it")),
  digest: sha256Schema,
  size: sizeSchema,
  published: v.exactOptional(v.strictObject({ digest: digestSchema, source: v.string() })),
  accepted: v.exactOptional(v.literal(true)),
} satisfies FieldsOf<LockedFile>);

const imageSchema = v.strictObject({
  ...itemFields,
  image: v.pipe(v.string(), v.check(isFullReference, "must be a full image name: HOST/REPOSITORY:TAG")),
  root: descriptorSchema,
  blobs: v.pipe(descriptors, v.minLength(1, "must name the root's blob")),
  referrers: v.exactOptional(descriptors),
  unavailable: v.exactOptional(v.array(platformNameSchema)),
  byDigest: v.exactOptional(v.literal(true)),
} satisfies FieldsOf<LockedImage>);

const binarySchema = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^kso-[a-z0-9]+-[a-z0-9]+$/, "must be a binary's name: kso-linux-amd64")),
  digest: sha256Schema,
  size: sizeSchema,
} satisfies FieldsOf<LockedBinary>);

const unavailableSchema = v.strictObject({
  kind: v.picklist(["file", "image"]),
  name: text,
  component: text,
  version: v.string(),
  platform: platformNameSchema,
  locator: v.string(),
  reason: v.string(),
  included: v.boolean(),
  allowed: v.exactOptional(v.literal(true)),
  releases: itemReleases,
} satisfies FieldsOf<Unavailable>);

const unresolvedSchema = v.strictObject({
  kind: v.picklist(["file", "image", "variables"]),
  name: text,
  component: text,
  platforms: v.array(platformNameSchema),
  field: v.string(),
  expression: v.string(),
  reason: v.string(),
  hosts: v.exactOptional(v.array(text)),
  allowed: v.exactOptional(v.literal(true)),
  releases: itemReleases,
} satisfies FieldsOf<Unresolved>);

const releaseFields = {
  name: text,
  version: text,
  commit: v.string(),
  origins: v.exactOptional(v.record(v.pipe(v.string(), v.regex(/^\w+$/, "must be a variable's name")), text)),
} satisfies FieldsOf<Lock["release"]>;

const kubernetesVersion = v.pipe(v.string(), v.regex(/^[0-9][A-Za-z0-9._+-]*$/, "must be a version"));

/**
 * The schema of a lock, field by field; src/bundle/lock.ts checks that fields agree. The order of its fields is the order in which
 * they are written.
 */
export const lockSchema: v.GenericSchema<Lock> = v.strictObject({
  schema: v.picklist(["kso.lock/1", "kso.lock/2"]),
  kso: text,
  release: v.strictObject(releaseFields),
  kubernetes: kubernetesVersion,
  releases: v.exactOptional(
    v.pipe(
      v.array(v.strictObject({ ...releaseFields, kubernetes: kubernetesVersion } satisfies FieldsOf<ReleaseStep>)),
      v.minLength(2, "must name several releases"),
    ),
  ),
  platforms,
  profile: v.exactOptional(text),
  files: v.array(fileSchema),
  images: v.array(imageSchema),
  unavailable: v.array(unavailableSchema),
  unresolved: v.exactOptional(v.array(unresolvedSchema)),
  bases: v.exactOptional(v.array(imageSchema)),
  binaries: v.exactOptional(v.pipe(v.array(binarySchema), v.minLength(1, "must name a binary"))),
} satisfies FieldsOf<Lock>);

/**
 * The one way in which a lock is written: same lock, same bytes, in whatever order its fields were put together.
 * @throws KsoError `unexpected` for a field that the schema does not know.
 */
export function formatLock(lock: Lock): string {
  return `${JSON.stringify(inSchemaOrder(lockSchema, lock), null, 2)}\n`;
}

/** The parts of a schema that decide the order of fields. */
interface SchemaNode {
  readonly type: string;
  /** Of an object. */
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  /** Of an array. */
  readonly item?: SchemaNode;
  /** Of an optional field. */
  readonly wrapped?: SchemaNode;
}

function inSchemaOrder(schema: SchemaNode, value: unknown): unknown {
  const { type, entries, item } = schema.wrapped ?? schema;
  if (item && Array.isArray(value)) return value.map((element) => inSchemaOrder(item, element));
  if (!entries || typeof value !== "object" || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const unknown = type === "strict_object" ? Object.keys(fields).find((key) => !(key in entries)) : undefined;
  if (unknown !== undefined) throw new KsoError("unexpected", `Cannot write the lock: it has no field "${unknown}"`);
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, field]) =>
      fields[key] === undefined ? [] : [[key, inSchemaOrder(field, fields[key])]],
    ),
  );
}

/** Relative, below a host, and nothing that a file system or a web server would read as something else. */
function isPathBelowHost(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(name)) return false;
  const parts = name.split("/");
  return parts.length > 1 && parts.every((part) => part !== "" && part !== "." && part !== "..");
}
