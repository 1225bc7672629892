// A bundle that cannot be opened: why, which volumes are to be replaced, and what of it is sound all the same.

import { blobName } from "../bundle/open.ts";
import { openReadable } from "../bundle/open-archive.ts";
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
  // Each volume of a bundle may have been named: they are one.
  const found = new Map(paths.map(readable).map((one) => [one?.archive.path, one]));
  for (const [path, { archive, fault } = {}] of found) {
    if (path === undefined || !archive) continue;
    if (archive.volumes) await checkVolumes(archive.volumes, options.hashing, findings);
    // Where every header is sound, the trouble is another: the lock cannot be read, the base is wrong.
    if (!fault) continue;
    const blobs = filesOf(archive).filter(({ name }) => name.startsWith("blobs/"));
    const hashes = await hashEntries(
      [{ ...archive, entries: new Map(blobs.map((blob) => [blob.name, blob])) }],
      options,
    );
    let sound = 0;
    for (const blob of blobs) {
      const actual = hashes.get(blob);
      if (actual !== undefined && blobName(actual) === blob.name) sound++;
      else findings.add(blob.name, "digest", `${path}: the blob is damaged, its bytes are ${actual}`);
      counts.bytes += blob.size;
    }
    counts.blobs += blobs.length;
    counts.entries += archive.entries.size;
    findings.note(
      path,
      `${archive.entries.size} entries lie before the damage; ${sound} of their ${blobs.length} blobs are sound`,
    );
  }
  const { problems, notes } = findings;
  return { schema: "kso.verify/1", ok: false, bundles: paths, counts, problems, notes };
}

function readable(path: string): ReturnType<typeof openReadable> | undefined {
  try {
    return openReadable(path);
  } catch (thrown) {
    // Volumes that are missing or too short, names that climb: that is what the cause says.
    if (thrown instanceof KsoError) return undefined;
    throw thrown;
  }
}
