// Verifies bundles: every byte is hashed once, every image and file is complete, lock and content agree.

import type { BundleEntry } from "../bundle/archive.ts";
import { type Bundle, blobName, openBundle } from "../bundle/open.ts";
import { isNoBundle } from "../bundle/other-kinds.ts";
import { chartRepositories } from "../charts/repository.ts";
import { KsoError } from "../core/errors.ts";
import { blobsOf } from "../core/lock.ts";
import { totalSize } from "../files/extents.ts";
import { checkBinaries } from "./binaries.ts";
import { cachedReader, checkBlobs } from "./blobs.ts";
import { verifyBroken } from "./broken-bundle.ts";
import { checkChartIndexes } from "./charts.ts";
import { checkDockerManifest } from "./docker-manifest.ts";
import { checkAllowed, checkFiles, checkSha512 } from "./files.ts";
import { type EntryDigests, filesOf, type HashOptions, hashEntries } from "./hash-entries.ts";
import { checkImages, checkIndex, checkIndexShape } from "./images.ts";
import { checkMachineCode, type MismatchAllowed } from "./machine-code.ts";
import { blobOwners } from "./owners.ts";
import { Findings, type VerifyReport } from "./report.ts";
import { checkBase, checkLayout, checkStructure, readLocks } from "./structure.ts";
import { checkSums } from "./sums.ts";
import { checkVolumes } from "./volumes.ts";

/** How a bundle is verified. */
export interface VerifyOptions extends HashOptions {
  /** Every executable in every archive, the programs that images start, and every volume. */
  readonly deep: boolean;
  /** `--allow-arch-mismatch`: names of items, components, paths or images. */
  readonly allow: readonly string[];
}

/**
 * Opens and verifies a bundle; one that cannot be opened gives a report as well.
 * @throws KsoError `usage` when a path is not there, `verify` when it is something else, `unexpected` when the disk fails.
 */
export async function verifyPaths(paths: readonly string[], options: VerifyOptions): Promise<VerifyReport> {
  let bundle: Bundle;
  try {
    bundle = openBundle(paths);
  } catch (thrown) {
    if (!(thrown instanceof KsoError) || thrown.code !== "verify" || isNoBundle(thrown)) throw thrown;
    return await verifyBroken(paths, thrown, options);
  }
  return await verify(bundle, options);
}

/** Verifies an open bundle. @throws KsoError `usage` for a name in `allow` that the bundle does not have, `unexpected` when the disk fails. */
export async function verify(bundle: Bundle, options: VerifyOptions): Promise<VerifyReport> {
  const { lock, archives } = bundle;
  const { allow, deep, hashing, signal } = options;
  checkAllowed(lock, allow);
  const findings = new Findings();
  const read = cachedReader(bundle);
  const owner = blobOwners(lock, read);
  const allowed: MismatchAllowed = (item, ...names) =>
    item.mismatch !== undefined || [item.name, item.component, ...names].some((name) => allow.includes(name));

  const [hashes] = await Promise.all([
    hashEntries(archives, options),
    checkSha512(bundle, hashing, findings),
    checkMachineCode(bundle, { deep, read, allowed, signal }, findings),
  ]);
  const charts = await chartRepositories(lock.files, bundle);
  for (const [archive, archiveLock] of readLocks(archives, lock, findings)) {
    const own = archiveLock === lock ? charts : await chartRepositories(archiveLock.files, bundle);
    checkStructure(archive, { lock: archiveLock, charts: own }, findings);
  }
  checkChartIndexes(bundle, charts, findings);
  for (const archive of archives) {
    checkLayout(archive, findings);
    checkIndexShape(archive, findings);
    checkDockerManifest(archive, { lock, read }, findings);
  }
  checkBase(archives, findings);
  checkBlobs(bundle, hashes, owner, findings);
  checkFiles(bundle, hashes, findings);
  checkBinaries(bundle, hashes, findings);
  checkIndex(bundle, findings);
  checkImages(bundle, { owner, read, allowed }, findings);
  findings.guard("kso/SHA256SUMS", "structure", () => checkSums(bundle, { hashes, owner, charts }, findings));
  await checkDamagedVolumes(bundle, hashes, findings, options);
  return {
    schema: "kso.verify/1",
    ok: findings.problems.length === 0,
    bundles: archives.map(({ path }) => path),
    release: lock.release,
    kubernetes: lock.kubernetes,
    ...(lock.releases && { releases: lock.releases }),
    platforms: lock.platforms,
    lock: bundle.lockDigest,
    counts: {
      files: lock.files.length,
      images: lock.images.length,
      blobs: blobsOf(lock).length,
      entries: archives.reduce((sum, { entries }) => sum + entries.size, 0),
      bytes: totalSize(archives.flatMap(filesOf)),
    },
    problems: findings.problems,
    notes: findings.notes,
  };
}

/** Finds the volumes of a split bundle that are to be replaced: those with damaged blobs, or any where no blob is damaged. */
async function checkDamagedVolumes(
  bundle: Bundle,
  hashes: EntryDigests,
  findings: Findings,
  options: VerifyOptions,
): Promise<void> {
  if (findings.problems.length === 0 && !options.deep) return;
  for (const { volumes, entries, extentsOf } of bundle.archives) {
    if (!volumes) continue;
    const damaged = [...entries.values()].filter((entry) => isDamaged(entry, hashes));
    const touched = new Set(damaged.flatMap((entry) => extentsOf(entry).map(({ path }) => path)));
    const suspects = touched.size === 0 || options.deep ? volumes : volumes.filter(({ path }) => touched.has(path));
    await checkVolumes(suspects, options.hashing, findings);
  }
}

function isDamaged(entry: BundleEntry, hashes: EntryDigests): boolean {
  const digest = hashes.get(entry);
  return digest !== undefined && entry.name.startsWith("blobs/") && entry.name !== blobName(digest);
}
