// Bundles travel in, a report travels out: every byte hashed once, every image and file complete, lock and content agreed.
import type { Entry } from "../bundle/layer.ts";
import { type Bundle, blobName, openBundle } from "../bundle/open.ts";
import { KsoError } from "../core/errors.ts";
import { blobsOf } from "../core/lock.ts";
import { totalSize } from "../files/extents.ts";
import { checkBlobs, readerOf } from "./blobs.ts";
import { brokenReport } from "./broken.ts";
import { checkAllowed, checkFiles, checkSha512 } from "./files.ts";
import { filesIn, type Hashes, type HashOptions, hashAll } from "./hash-blobs.ts";
import { checkImages, checkIndex } from "./images.ts";
import { type Allowed, checkTruth } from "./machine-code.ts";
import { ownersOf } from "./owners.ts";
import { Findings, type Report } from "./report.ts";
import { checkBase, checkLayout, checkStructure, locksOf } from "./structure.ts";
import { checkSums } from "./sums.ts";
import { checkVolumes } from "./volumes.ts";

export interface VerifyOptions extends HashOptions {
  /** Every executable in every archive, the programs that images start, and every volume. */
  readonly deep: boolean;
  /** `--allow-arch-mismatch`: names of items, paths or images. */
  readonly allow: readonly string[];
}

/**
 * Opens and verifies; a bundle that cannot be opened is a report too.
 * @throws KsoError `usage` when a path is not there, `unexpected` when the disk fails.
 */
export async function verifyPaths(paths: readonly string[], options: VerifyOptions): Promise<Report> {
  let bundle: Bundle;
  try {
    bundle = openBundle(paths);
  } catch (thrown) {
    if (!(thrown instanceof KsoError) || thrown.code !== "verify") throw thrown;
    return await brokenReport(paths, thrown, options);
  }
  return await verify(bundle, options);
}

/** @throws KsoError `usage` for a name in `allow` that the bundle does not have, `unexpected` when the disk fails. */
export async function verify(bundle: Bundle, options: VerifyOptions): Promise<Report> {
  const { lock, layers } = bundle;
  const { allow, deep, hashing, signal } = options;
  checkAllowed(lock, allow);
  const findings = new Findings();
  const read = readerOf(bundle);
  const owner = ownersOf(lock, read);
  const allowed: Allowed = (item, ...names) =>
    item.mismatch !== undefined || [item.name, ...names].some((name) => allow.includes(name));

  const [hashes] = await Promise.all([
    hashAll(layers, options),
    checkSha512(bundle, hashing, findings),
    checkTruth(bundle, { deep, read, allowed, signal }, findings),
  ]);
  for (const [layer, own] of locksOf(layers, lock, findings)) checkStructure(layer, own, findings);
  for (const layer of layers) checkLayout(layer, findings);
  checkBase(layers, findings);
  checkBlobs(bundle, hashes, owner, findings);
  checkFiles(bundle, hashes, findings);
  checkIndex(bundle, findings);
  checkImages(bundle, { owner, read, allowed }, findings);
  findings.guard("kso/SHA256SUMS", "structure", () => checkSums(bundle, hashes, owner, findings));
  await blameVolumes(bundle, hashes, findings, options);
  return {
    schema: "kso.verify/1",
    ok: findings.problems.length === 0,
    bundles: layers.map(({ path }) => path),
    release: lock.release,
    kubernetes: lock.kubernetes,
    platforms: lock.platforms,
    lock: bundle.lockDigest,
    counts: {
      files: lock.files.length,
      images: lock.images.length,
      blobs: blobsOf(lock).length,
      entries: layers.reduce((sum, { entries }) => sum + entries.size, 0),
      bytes: totalSize(layers.flatMap(filesIn)),
    },
    problems: findings.problems,
    notes: findings.notes,
  };
}

/** In a split bundle something is wrong: which volume? Where it is in no blob, it is in one of them all the same. */
async function blameVolumes(bundle: Bundle, hashes: Hashes, findings: Findings, options: VerifyOptions): Promise<void> {
  if (findings.problems.length === 0 && !options.deep) return;
  for (const { volumes, entries, place } of bundle.layers) {
    if (!volumes) continue;
    const damaged = [...entries.values()].filter((entry) => isDamaged(entry, hashes));
    const touched = new Set(damaged.flatMap((entry) => place(entry).map(({ path }) => path)));
    const suspects = touched.size === 0 || options.deep ? volumes : volumes.filter(({ path }) => touched.has(path));
    await checkVolumes(suspects, options.hashing, findings);
  }
}

function isDamaged(entry: Entry, hashes: Hashes): boolean {
  const real = hashes.get(entry);
  return real !== undefined && entry.name.startsWith("blobs/") && entry.name !== blobName(real);
}
