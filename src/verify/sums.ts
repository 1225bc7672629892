// Checks `kso/SHA256SUMS`: every line must have the digest of its entry, and every blob its line. Nothing is hashed a second time.

import { type Bundle, blobName, entryIn, readArchiveText } from "../bundle/open.ts";
import type { ChartRepository } from "../charts/repository.ts";
import type { Digest } from "../core/digest.ts";
import { blobsOf, type Lock } from "../core/lock.ts";
import type { EntryDigests } from "./hash-entries.ts";
import { ksoBinary } from "./headers.ts";
import type { BlobOwner } from "./owners.ts";
import type { Findings } from "./report.ts";

const sumsName = "kso/SHA256SUMS";
/** The small entries that the list of sums covers. */
const coveredTexts = ["index.json", "kso/lock.json", "manifest.json", "oci-layout"];

/** What the list of sums is compared with, beside the lock. */
interface SumsContext {
  readonly hashes: EntryDigests;
  readonly owner: BlobOwner;
  readonly charts: readonly ChartRepository[];
}

/** Checks the list of sums against the entries and the lock. */
export function checkSums(
  { archives, lock }: Bundle,
  { hashes, owner, charts }: SumsContext,
  findings: Findings,
): void {
  const top = archives.at(-1);
  // checkStructure reports that it is missing.
  if (!top || !entryIn([top], sumsName)) return;
  const sums = readSums(readArchiveText(top, sumsName), findings);
  const digests = new Set(sums.map(({ digest }) => digest));
  for (const { digest } of blobsOf(lock))
    if (!digests.has(digest)) findings.add(owner(digest), "lock", `${sumsName} does not name ${digest}`);
  const names = new Set(sums.map(({ name }) => name));
  const texts = [...coveredTexts, ...charts.map(({ path }) => `files/${path}`)];
  // The list cannot hold its own digest, and checkBase compares kso/base.json with the base itself.
  for (const name of top.entries.keys())
    if ((ksoBinary.test(name) || texts.includes(name)) && !names.has(name))
      findings.add(name, "lock", `${sumsName} does not name it`);
  checkLines(sums, archives, { lock, hashes, findings });
}

interface LineChecks {
  readonly lock: Lock;
  readonly hashes: EntryDigests;
  readonly findings: Findings;
}

function checkLines(sums: readonly Sum[], archives: Bundle["archives"], { lock, hashes, findings }: LineChecks): void {
  const locked = new Map(blobsOf(lock).map(({ digest }) => [blobName(digest), digest]));
  for (const { path, digest } of lock.files) locked.set(`files/${path}`, digest);
  for (const { line, name, digest } of sums) {
    // Where the lock agrees, checkBlobs and checkFiles report what is missing or damaged.
    if (locked.get(name) === digest) continue;
    const entry = entryIn(archives, name)?.entry;
    const actual = entry && hashes.get(entry);
    if (!entry)
      findings.add(sumsName, "lock", `line ${line} names ${JSON.stringify(name.slice(0, 200))}, which is not there`);
    else if (actual !== digest) findings.add(name, "digest", `${sumsName} says ${digest}, and its bytes are ${actual}`);
  }
}

/** One line of the list. */
interface Sum {
  readonly line: number;
  readonly name: string;
  readonly digest: Digest;
}

function readSums(text: string, findings: Findings): Sum[] {
  const lines = text.split("\n");
  if (lines.pop() !== "") findings.add(sumsName, "structure", "its last line does not end");
  const names = new Set<string>();
  return lines.flatMap((content, index): Sum[] => {
    const line = index + 1;
    const [, hex, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(content) ?? [];
    if (hex === undefined || name === undefined) {
      findings.add(sumsName, "structure", `line ${line} is not DIGEST, two blanks, NAME`);
      return [];
    }
    if (names.has(name))
      findings.add(sumsName, "structure", `line ${line} names ${JSON.stringify(name.slice(0, 200))} once more`);
    names.add(name);
    return [{ line, name, digest: `sha256:${hex}` }];
  });
}
