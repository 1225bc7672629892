// Checks the files: each is in the bundle under its name, with the bytes that the lock and its publisher name.
import { type Bundle, blobName, entryIn } from "../bundle/open.ts";
import { KsoError } from "../core/errors.ts";
import { type Lock, type LockedFile, lockedName } from "../core/lock.ts";
import { locksOf } from "../core/releases.ts";
import { unresolvedReason } from "../core/unresolved.ts";
import type { Hashing } from "../store/hashing.ts";
import type { EntryDigests } from "./hash-entries.ts";
import { unavailablePlatforms } from "./images.ts";
import type { Findings } from "./report.ts";

/** Checks each file of the lock, and that files and images are for the lock's platforms. */
export function checkFiles({ lock, archives }: Bundle, hashes: EntryDigests, findings: Findings): void {
  for (const file of lock.files) {
    const { path, digest } = file;
    const entry = entryIn(archives, `files/${path}`)?.entry;
    const blob = entryIn(archives, blobName(digest))?.entry;
    // What is wrong with the blob itself is reported with the blobs.
    if (!entry && blob) findings.add(path, "missing", `files/${path} is not in the bundle`);
    else if (entry && entry !== blob && hashes.get(entry) !== digest)
      findings.add(path, "digest", `files/${path} leads to ${hashes.get(entry)}, and the lock says ${digest}`);
    checkPublished(file, findings);
  }
  checkPlatforms(lock, findings);
  for (const item of lock.unresolved ?? [])
    findings.note(item.name, `${unresolvedReason(item)}; it is not in the bundle, on record`);
}

function checkPublished({ path, digest, published, accepted }: LockedFile, findings: Findings): void {
  if (accepted)
    findings.note(
      path,
      `${published?.source ?? "upstream"} publishes ${published?.digest ?? "another digest"}; these bytes were accepted`,
    );
  else if (published?.digest.startsWith("sha256:") && published.digest !== digest)
    findings.add(path, "lock", `${published.source} publishes ${published.digest}, and the lock says ${digest}`);
}

/** Hashes the files whose published digest is sha512 once more; they are few. */
export async function checkSha512(bundle: Bundle, hashing: Hashing, findings: Findings): Promise<void> {
  const files = bundle.lock.files.filter(
    ({ published, accepted }) => !accepted && published?.digest.startsWith("sha512:"),
  );
  await Promise.all(
    files.map(async ({ path, digest, published }) => {
      const extents = bundle.locate(digest);
      if (!extents || !published) return;
      const actual = await hashing.digest(extents, "sha512");
      if (actual !== published.digest)
        findings.add(path, "digest", `${published.source} publishes ${published.digest}, and the bytes are ${actual}`);
    }),
  );
}

/** Reports items for a platform that the lock is not for, and notes the files that one of its platforms lacks. */
function checkPlatforms(lock: Lock, findings: Findings): void {
  for (const item of [...lock.files, ...lock.images]) {
    const label = lockedName(item);
    for (const platform of item.platforms.filter((other) => !lock.platforms.includes(other)))
      findings.add(label, "lock", `it is for ${platform}, and the lock is for ${lock.platforms.join(", ")}`);
  }
  const covered = locksOf(lock).flatMap((part) => [...coveredPlatforms(part)]);
  for (const platform of lock.platforms) {
    const lacking = covered.filter(([, platforms]) => !platforms.has(platform)).map(([name]) => name);
    const names = [...new Set(lacking)];
    if (!isFor(lock, platform)) findings.note(platform, "the lock is for it, and nothing in it is");
    else if (names.length > 0)
      findings.note(platform, `other platforms have files that it has not: ${names.join(", ")}`);
  }
}

/** Whether anything in a lock is for a platform. */
function isFor({ files, images }: Lock, platform: string): boolean {
  return [...files, ...images].some(({ platforms }) => platforms.includes(platform));
}

/** File name → the platforms that it is for, or that are on record as unavailable. */
function coveredPlatforms(lock: Lock): ReadonlyMap<string, ReadonlySet<string>> {
  const covered = new Map<string, Set<string>>();
  for (const file of lock.files) {
    const { name, platforms } = file;
    const names = covered.get(name) ?? new Set(unavailablePlatforms(lock, file));
    for (const platform of platforms) names.add(platform);
    covered.set(name, names);
  }
  return covered;
}

/** Checks that the lock has what exceptions are allowed for. @throws KsoError `usage` for a name that is no item, component, path or image of the lock. */
export function checkAllowed(lock: Lock, allow: readonly string[]): void {
  const names = new Set(lock.files.flatMap(({ name, component, path }) => [name, component, path]));
  for (const { name, component, image } of lock.images) names.add(name).add(component).add(image);
  const unknown = allow.find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new KsoError("usage", `--allow-arch-mismatch ${unknown}: nothing in the bundle has that name`);
}
