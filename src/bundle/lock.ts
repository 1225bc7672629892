// A lock as text travels in, a typed lock travels out: unknown in, everything checked, and no contradiction left in it.
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import * as v from "valibot";
import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, digestPattern } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { parseReference } from "../core/reference.ts";

/** No index and no lock is anywhere near as large; what is larger is not read. Bytes. */
export const metadataLimit: number = 64 << 20;

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const day = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/, "must be a day: 2026-11-24"));
/** A number of bytes. */
export const sizeSchema: v.GenericSchema<number> = v.pipe(
  v.number(),
  v.safeInteger("must be a whole number of bytes"),
  v.minValue(0, "must not be negative"),
);
const platform = v.pipe(v.string(), v.regex(/^[a-z0-9]+\/[a-z0-9._-]+(\/[a-z0-9._-]+)?$/, "must be like linux/amd64"));
const platforms = v.pipe(v.array(platform), v.minLength(1, "must name a platform"));
const published = v.pipe(
  v.string(),
  v.regex(digestPattern, "must be sha256: and 64 lower-case hex digits, or sha512: and 128"),
) as unknown as v.GenericSchema<Digest>;
/** Blobs are named by sha256 and nothing else. */
export const sha256Schema: v.GenericSchema<Digest> = v.pipe(
  v.string(),
  v.regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 lower-case hex digits"),
) as unknown as v.GenericSchema<Digest>;
const path = v.pipe(v.string(), v.check(isTame, "must be HOST/PATH and stay below it"));
const fullName = v.pipe(v.string(), v.check(isFullName, "must be a full image name: HOST/REPOSITORY:TAG"));
const on = v.literal(true);

/** The schema of a descriptor. */
export const descriptorSchema: v.GenericSchema<Descriptor> = v.object({
  mediaType: text,
  digest: sha256Schema,
  size: sizeSchema,
});
const descriptors = v.array(descriptorSchema);

const common = {
  name: text,
  component: text,
  version: text,
  platforms,
  resolved: day,
  mismatch: v.exactOptional(text),
};

const image = v.strictObject({
  ...common,
  image: fullName,
  root: descriptorSchema,
  blobs: v.pipe(descriptors, v.minLength(1, "must name the root's blob")),
  referrers: v.exactOptional(descriptors),
  missing: v.exactOptional(v.array(platform)),
});

/** The schema of a lock, without what two fields say together. */
export const lockSchema: v.GenericSchema<Lock> = v.strictObject({
  schema: v.literal("kso.lock/1"),
  kso: text,
  release: v.strictObject({ name: text, version: text, commit: v.string() }),
  kubernetes: text,
  platforms,
  files: v.array(
    v.strictObject({
      ...common,
      url: v.pipe(v.string(), v.url("must be a URL")),
      path,
      digest: sha256Schema,
      size: sizeSchema,
      published: v.exactOptional(v.strictObject({ digest: published, source: v.string() })),
      accepted: v.exactOptional(on),
    }),
  ),
  images: v.array(image),
  unavailable: v.array(
    v.strictObject({
      kind: v.picklist(["file", "image"]),
      name: text,
      component: text,
      version: text,
      platform,
      locator: text,
      reason: v.string(),
      included: v.boolean(),
    }),
  ),
  bases: v.exactOptional(v.array(image)),
});

/**
 * Parses JSON text against a schema; `where` names the file, or the bundle and the entry in it.
 * @throws KsoError `verify` naming it, the field and the reason.
 */
export function parseJson<T>(schema: v.GenericSchema<unknown, T>, text: string, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KsoError("verify", `Cannot read ${where}: it is not JSON`, cause);
  }
  const checked = v.safeParse(schema, value);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const field = v.getDotPath(issue);
  throw new KsoError("verify", `Cannot use ${where}: ${field ? `${field}: ` : ""}${issue.message}`);
}

/**
 * Parses the text of `kso.lock.json` or of a bundle's `kso/lock.json`; `where` names it in messages.
 * @throws KsoError `verify` naming it, the field and the reason, also where the lock contradicts itself.
 */
export function parseLock(text: string, where: string): Lock {
  const lock = parseJson(v.unknown(), text, where);
  const schema = (lock as { schema?: unknown } | null)?.schema;
  if (schema !== "kso.lock/1") {
    const other = typeof schema === "string" && schema.startsWith("kso.lock/");
    const reason = other ? `its schema is "${schema}", which needs a newer kso` : "it is not a lock of kso";
    throw new KsoError("verify", `Cannot use ${where}: ${reason}`);
  }
  const checked = v.safeParse(lockSchema, lock);
  if (!checked.success) {
    const [issue] = checked.issues;
    throw new KsoError("verify", `Cannot use ${where}: ${v.getDotPath(issue) ?? "the lock"}: ${issue.message}`);
  }
  const contradiction = contradictionIn(checked.output);
  if (contradiction) throw new KsoError("verify", `Cannot use ${where}: ${contradiction}`);
  return checked.output;
}

/**
 * Reads a lock file.
 * @throws KsoError `usage` when it is not there, `verify` when it is not a lock.
 */
export function readLock(path: string): Lock {
  return parseLock(new TextDecoder().decode(readSmall(path)), path);
}

/**
 * The bytes of a small file, at most {@link metadataLimit}; a file that does not end is not read to its end.
 * @throws KsoError `usage` when it is not there, `verify` when it is too large to be what it should be.
 */
export function readSmall(path: string): Uint8Array {
  let file: number;
  try {
    // A pipe would be waited for.
    if (!statSync(path).isFile()) throw new Error("it is not a file");
    file = openSync(path, "r");
  } catch (cause) {
    throw new KsoError("usage", `Cannot read ${path}: ${messageOf(cause)}`, cause);
  }
  try {
    const stat = fstatSync(file);
    if (stat.size > metadataLimit)
      throw new KsoError(
        "verify",
        `Cannot read ${path}: ${stat.size} bytes are more than the ${metadataLimit} allowed`,
      );
    const bytes = new Uint8Array(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(file, bytes, filled, bytes.length - filled, filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/** Relative, below a host, and nothing that a file system or a web server would read as something else. */
function isTame(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(name)) return false;
  const parts = name.split("/");
  return parts.length > 1 && parts.every((part) => part !== "" && part !== "." && part !== "..");
}

function isFullName(name: string): boolean {
  try {
    return parseReference(name) !== undefined;
  } catch {
    return false;
  }
}

/** Two things that the lock says and that cannot both be so. */
function contradictionIn(lock: Lock): string | undefined {
  const sizes = new Map<Digest, number>();
  const named = new Map<string, Digest>();
  const claim = (item: string, digest: Digest, bytes: number): string | undefined => {
    const known = sizes.get(digest);
    if (known !== undefined && known !== bytes)
      return `${item}: ${digest} has ${bytes} bytes here and ${known} elsewhere`;
    sizes.set(digest, bytes);
    return undefined;
  };
  const name = (item: string, digest: Digest): string | undefined => {
    const known = named.get(item);
    named.set(item, digest);
    return known !== undefined && known !== digest ? `${item} is both ${known} and ${digest}` : undefined;
  };
  for (const { path, digest, size } of lock.files) {
    const found = claim(path, digest, size) ?? name(path, digest);
    if (found) return found;
  }
  for (const { image, root, blobs, referrers = [] } of [...lock.images, ...(lock.bases ?? [])]) {
    const held = new Set(blobs.map(({ digest }) => digest));
    const lost = [root, ...referrers].find(({ digest }) => !held.has(digest));
    if (lost) return `${image}: ${lost.digest} is not among its blobs`;
    const found = name(image, root.digest);
    if (found) return found;
    for (const { digest, size } of [root, ...blobs, ...referrers]) {
      const twice = claim(image, digest, size);
      if (twice) return twice;
    }
  }
  return undefined;
}
