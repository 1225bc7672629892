// `kso/SHA256SUMS` travels in; every line of it must say what the bytes are, and every content must have its line. Nothing is
// hashed a second time.

import { type Bundle, blobName, entryIn, readArchiveText } from "../bundle/open.ts";
import type { Digest } from "../core/digest.ts";
import { blobsOf } from "../core/lock.ts";
import type { EntryDigests } from "./hash-entries.ts";
import type { BlobOwner } from "./owners.ts";
import type { Findings } from "./report.ts";
import { ksoBinary } from "./structure.ts";

const sumsName = "kso/SHA256SUMS";
const coveredTexts = ["index.json", "kso/lock.json", "manifest.json", "oci-layout"];

export function checkSums(
  { archives, lock }: Bundle,
  hashes: EntryDigests,
  owner: BlobOwner,
  findings: Findings,
): void {
  const top = archives.at(-1);
  // That it is missing is said with the structure.
  if (!top || !entryIn([top], sumsName)) return;
  const digests = new Set<Digest>();
  const wanted = new Map(blobsOf(lock).map(({ digest }) => [blobName(digest), digest]));
  for (const { path, digest } of lock.files) wanted.set(`files/${path}`, digest);
  const names = new Set<string>();
  const lines = readArchiveText(top, sumsName).split("\n");
  if (lines.pop() !== "") findings.add(sumsName, "structure", "its last line does not end");
  for (const [index, line] of lines.entries()) {
    const [, hex, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (hex === undefined || name === undefined) {
      findings.add(sumsName, "structure", `line ${index + 1} is not DIGEST, two blanks, NAME`);
      continue;
    }
    if (names.has(name))
      findings.add(sumsName, "structure", `line ${index + 1} names ${JSON.stringify(name.slice(0, 200))} once more`);
    names.add(name);
    const digest: Digest = `sha256:${hex}`;
    digests.add(digest);
    // Where the lock says the same, whatever is missing or damaged is reported with the blobs and files.
    if (wanted.get(name) === digest) continue;
    const entry = entryIn(archives, name)?.entry;
    const real = entry && hashes.get(entry);
    if (!entry)
      findings.add(
        sumsName,
        "lock",
        `line ${index + 1} names ${JSON.stringify(name.slice(0, 200))}, which is not there`,
      );
    else if (real !== digest) findings.add(name, "digest", `${sumsName} says ${digest}, and its bytes are ${real}`);
  }
  // A list cannot name its own digest, and kso/base.json is held to the base itself.
  for (const name of top.entries.keys())
    if ((ksoBinary.test(name) || coveredTexts.includes(name)) && !names.has(name))
      findings.add(name, "lock", `${sumsName} does not name it`);
  for (const { digest } of blobsOf(lock))
    if (!digests.has(digest)) findings.add(owner(digest), "lock", `${sumsName} does not name ${digest}`);
}
