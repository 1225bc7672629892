// Reads locks and checks every field of them, also that fields which name the same blob or image agree.
import * as v from "valibot";
import type { Digest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { type Lock, lockSchema } from "../core/lock.ts";
import { jsonMark } from "../files/foreign.ts";
import { readRegular } from "../files/read.ts";

/** The largest index or lock that is read, in bytes: real ones are far smaller. */
export const metadataLimit: number = 64 << 20;

/** How a lock of kso's begins. */
export const lockMark: RegExp = jsonMark("lock");

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
  if (schema !== "kso.lock/1" && schema !== "kso.lock/2") {
    const isNewer = typeof schema === "string" && schema.startsWith("kso.lock/");
    const reason = isNewer ? `its schema is "${schema}", which needs a newer kso` : "it is not a lock of kso";
    throw new KsoError("verify", `Cannot use ${where}: ${reason}`);
  }
  const checked = v.safeParse(lockSchema, lock);
  if (!checked.success) throw new KsoError("verify", `Cannot use ${where}: ${problemOf(checked.issues[0])}`);
  const contradiction = contradictionIn(checked.output);
  if (contradiction) throw new KsoError("verify", `Cannot use ${where}: ${contradiction}`);
  return checked.output;
}

/** What is wrong with a lock, in words. A field too many or too few comes from another version of kso. */
function problemOf(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "the lock";
  if (issue.type !== "strict_object" || (issue.expected !== "never" && issue.received !== "undefined"))
    return `${field}: ${issue.message}`;
  const problem = issue.expected === "never" ? "is no field that this kso knows" : "is missing";
  return `${field} ${problem}; another version of kso may have written it: write it anew with this one`;
}

/**
 * Reads a lock file.
 * @throws KsoError `usage` when it is not there, `verify` when it is not a lock.
 */
export function readLock(path: string): Lock {
  return parseLock(new TextDecoder().decode(readSmall(path)), path);
}

/**
 * The bytes of a small file, at most {@link metadataLimit}.
 * @throws KsoError `usage` when it is not there, no file, or larger.
 */
export function readSmall(path: string): Uint8Array {
  try {
    return readRegular(path, metadataLimit);
  } catch (cause) {
    throw new KsoError("usage", `Cannot read ${path}: ${messageOf(cause)}`, cause);
  }
}

/** What the fields of a lock contradict each other in; undefined when they agree. */
function contradictionIn(lock: Lock): string | undefined {
  return releaseContradiction(lock) ?? blobContradiction(lock);
}

/** Releases that are not those of the schema, or of which the newest is not the one that the lock names. */
function releaseContradiction(lock: Lock): string | undefined {
  const { schema, release, kubernetes, releases } = lock;
  if ((schema === "kso.lock/2") !== (releases !== undefined))
    return `its schema is "${schema}", and it ${releases ? "names" : "does not name"} several releases`;
  const versions = releases?.map(({ version }) => version) ?? [];
  const newest = releases?.at(-1);
  if (newest && (newest.version !== release.version || newest.kubernetes !== kubernetes))
    return `release is ${release.version}, and the last of releases ${newest.version}`;
  const repeated = versions.find((version, at) => versions.indexOf(version) !== at);
  return repeated === undefined ? ownerContradiction(lock, versions) : `releases names ${repeated} twice`;
}

/** An item of a release that the lock is not for; or of none, where it is for several. */
function ownerContradiction(
  { releases, files, images, unavailable, unresolved = [] }: Lock,
  versions: readonly string[],
): string | undefined {
  const items = [...files, ...images, ...unavailable, ...unresolved];
  const odd = items.find((item) => (item.releases === undefined) !== (releases === undefined));
  if (odd)
    return `${odd.name} ${odd.releases ? "names releases, and the lock is for one" : "does not say which release wants it"}`;
  const strange = items.find((item) => item.releases?.some((version) => !versions.includes(version)));
  return strange && `${strange.name} is for ${strange.releases?.join(", ")}, and the lock for ${versions.join(", ")}`;
}

/** A size or a digest that the lock states in two ways, or a root that its image does not list; undefined when there is none. */
function blobContradiction(lock: Lock): string | undefined {
  const sizes = new Map<Digest, number>();
  const digests = new Map<string, Digest>();
  const sizeConflict = (item: string, digest: Digest, bytes: number): string | undefined => {
    const earlier = sizes.get(digest);
    if (earlier !== undefined && earlier !== bytes)
      return `${item}: ${digest} has ${bytes} bytes here and ${earlier} elsewhere`;
    sizes.set(digest, bytes);
    return undefined;
  };
  const digestConflict = (item: string, digest: Digest): string | undefined => {
    const earlier = digests.get(item);
    digests.set(item, digest);
    return earlier !== undefined && earlier !== digest ? `${item} is both ${earlier} and ${digest}` : undefined;
  };
  for (const { path, digest, size } of lock.files) {
    const conflict = sizeConflict(path, digest, size) ?? digestConflict(path, digest);
    if (conflict) return conflict;
  }
  for (const { image, root, blobs, referrers = [] } of [...lock.images, ...(lock.bases ?? [])]) {
    const listed = new Set(blobs.map(({ digest }) => digest));
    const unlisted = [root, ...referrers].find(({ digest }) => !listed.has(digest));
    if (unlisted) return `${image}: ${unlisted.digest} is not among its blobs`;
    const conflict = digestConflict(image, root.digest);
    if (conflict) return conflict;
    for (const { digest, size } of [root, ...blobs, ...referrers]) {
      const blobConflict = sizeConflict(image, digest, size);
      if (blobConflict) return blobConflict;
    }
  }
  return undefined;
}
