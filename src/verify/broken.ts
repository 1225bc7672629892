// A bundle that cannot be opened: why, which volumes are to be replaced, and what of it is sound all the same.
import { openReadable } from "../bundle/layer.ts";
import { blobName } from "../bundle/open.ts";
import { KsoError } from "../core/errors.ts";
import { filesIn, type HashOptions, hashAll } from "./hash-blobs.ts";
import { Findings, type Report } from "./report.ts";
import { checkVolumes } from "./volumes.ts";

/** @throws KsoError `unexpected` when the disk fails. */
export async function brokenReport(paths: readonly string[], cause: KsoError, options: HashOptions): Promise<Report> {
  const findings = new Findings();
  findings.add(paths.join(" "), "structure", cause.message);
  const counts = { files: 0, images: 0, blobs: 0, entries: 0, bytes: 0 };
  // Each volume of a bundle may have been named: they are one.
  const found = new Map(paths.map(readable).map((one) => [one?.layer.path, one]));
  for (const [path, { layer, fault } = {}] of found) {
    if (path === undefined || !layer) continue;
    if (layer.volumes) await checkVolumes(layer.volumes, options.hashing, findings);
    // Where every header is sound, the trouble is another: the lock cannot be read, the base is wrong.
    if (!fault) continue;
    const blobs = filesIn(layer).filter(({ name }) => name.startsWith("blobs/"));
    const hashes = await hashAll([{ ...layer, entries: new Map(blobs.map((blob) => [blob.name, blob])) }], options);
    let sound = 0;
    for (const blob of blobs) {
      const real = hashes.get(blob);
      if (real !== undefined && blobName(real) === blob.name) sound++;
      else findings.add(blob.name, "digest", `${path}: the blob is damaged, its bytes are ${real}`);
      counts.bytes += blob.size;
    }
    counts.blobs += blobs.length;
    counts.entries += layer.entries.size;
    findings.note(
      path,
      `${layer.entries.size} entries lie before the damage; ${sound} of their ${blobs.length} blobs are sound`,
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
