// Reports on a bundle that cannot be opened: why, which volumes are to be replaced, and which of its blobs are intact.

import { blobName } from "../bundle/open.ts";
import { openReadable, type ReadableArchive } from "../bundle/open-archive.ts";
import { KsoError } from "../core/errors.ts";
import { filesOf, type HashOptions, hashEntries } from "./hash-entries.ts";
import { Findings, type VerifyReport } from "./report.ts";
import { checkVolumes } from "./volumes.ts";

/** Reports on a bundle that cannot be opened. @throws KsoError `unexpected` when the disk fails. */
export async function verifyBroken(
  paths: readonly string[],
  cause: KsoError,
  options: HashOptions,
): Promise<VerifyReport> {
  const findings = new Findings();
  findings.add(paths.join(" "), "structure", cause.message);
  const counts = { files: 0, images: 0, blobs: 0, entries: 0, bytes: 0 };
  // Several volumes of one bundle may be named: they are one archive.
  const readable = new Map(paths.flatMap(readableArchives).map((opened) => [opened.archive.path, opened]));
  for (const [path, { archive, fault }] of readable) {
    if (archive.volumes) await checkVolumes(archive.volumes, options.hashing, findings);
    // Where every header can be read, the fault lies elsewhere: the lock cannot be read, or the base is wrong.
    if (!fault) continue;
    const blobs = filesOf(archive).filter(({ name }) => name.startsWith("blobs/"));
    const hashes = await hashEntries(
      [{ ...archive, entries: new Map(blobs.map((blob) => [blob.name, blob])) }],
      options,
    );
    let intact = 0;
    for (const blob of blobs) {
      const actual = hashes.get(blob);
      if (actual !== undefined && blobName(actual) === blob.name) intact++;
      else findings.add(blob.name, "digest", `${path}: the blob is damaged, its bytes are ${actual}`);
      counts.bytes += blob.size;
    }
    counts.blobs += blobs.length;
    counts.entries += archive.entries.size;
    if (archive.entries.size === 0) continue;
    findings.note(
      path,
      `${archive.entries.size} entries lie before the damage; ${intact} of their ${blobs.length} blobs are sound`,
    );
  }
  const { problems, notes } = findings;
  return { schema: "kso.verify/1", ok: false, bundles: paths, counts, problems, notes };
}

/** The archive at a path, as far as it can be read; none where nothing of it can be read. */
function readableArchives(path: string): ReadableArchive[] {
  try {
    return [openReadable(path)];
  } catch (thrown) {
    // The cause that the report names is this: a volume is missing or too short, a name climbs.
    if (thrown instanceof KsoError) return [];
    throw thrown;
  }
}
