// Checks kso's own binaries in a bundle: those that the lock names are there as it names them, and no others.
import { type Bundle, entryIn } from "../bundle/open.ts";
import type { EntryDigests } from "./hash-entries.ts";
import type { Findings } from "./report.ts";

/** Checks the binaries of a bundle against its lock. */
export function checkBinaries({ archives, lock }: Bundle, hashes: EntryDigests, findings: Findings): void {
  for (const { name, digest, size } of lock.binaries ?? []) {
    const item = `kso/${name}`;
    const entry = entryIn(archives, item)?.entry;
    if (!entry) findings.add(item, "missing", "the lock names it, and the bundle does not have it");
    else if (entry.size !== size)
      findings.add(item, "size", `the lock says ${size} bytes, and the bundle has ${entry.size}`);
    else if (hashes.get(entry) !== digest)
      findings.add(item, "digest", `the lock says ${digest}, and its bytes are ${hashes.get(entry)}`);
  }
}
