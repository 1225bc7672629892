// Checks the archive itself: it holds what a bundle has and nothing that its lock does not name, and its headers are as kso writes
// them.

import { blobName, entryIn, readArchiveLock, readArchiveText, type StackedArchive } from "../bundle/open.ts";
import type { ChartRepository } from "../charts/repository.ts";
import { blobsOf, type Lock } from "../core/lock.ts";
import { checkHeaders, ksoBinary } from "./headers.ts";
import type { Findings } from "./report.ts";

/** The entries of every bundle beside blobs and files. */
const fixedEntries = ["oci-layout", "index.json", "kso/lock.json", "kso/SHA256SUMS"];

/** Checks that an archive holds what a bundle has and nothing that its lock does not name; `charts` are those of the lock. */
export function checkStructure(
  archive: StackedArchive,
  { lock, charts }: { readonly lock: Lock; readonly charts: readonly ChartRepository[] },
  findings: Findings,
): void {
  const names = expectedNames(lock, charts);
  for (const { name } of archive.entries.values()) {
    if (names.has(name)) continue;
    // A delta that was unpacked over its base leaves there what only the base had.
    if (archive.unpacked && archive.base !== undefined)
      findings.note(name, `${archive.path} has it and the lock does not name it`);
    else findings.add(name, "extra", `${archive.path} has it and the lock does not name it${adviceFor(name)}`);
  }
  for (const name of fixedEntries)
    if (!entryIn([archive], name)) findings.add(name, "missing", `${archive.path} has no such entry`);
  checkHeaders(archive, findings);
}

/** Locks of an earlier kso name no binaries. */
function adviceFor(name: string): string {
  return ksoBinary.test(name) ? "; where an earlier kso wrote the bundle, write it anew" : "";
}

/** What an archive with this lock may hold: files, and the directories above them. */
function expectedNames(lock: Lock, charts: readonly ChartRepository[]): Set<string> {
  const files = [
    ...fixedEntries,
    "kso/base.json",
    // `docker load` reads it; only container images have it.
    ...(lock.images.some(({ image }) => image.startsWith("localhost/")) ? ["manifest.json"] : []),
    ...blobsOf(lock).map(({ digest }) => blobName(digest)),
    ...lock.files.map(({ path }) => `files/${path}`),
    ...charts.map(({ path }) => `files/${path}`),
    ...(lock.binaries ?? []).map(({ name }) => `kso/${name}`),
  ];
  const names = new Set(files);
  for (const name of files)
    for (let end = name.indexOf("/"); end > 0; end = name.indexOf("/", end + 1)) names.add(name.slice(0, end + 1));
  return names;
}

/** Checks the `oci-layout` entry, by which tools know an OCI image layout. */
export function checkLayout(archive: StackedArchive, findings: Findings): void {
  findings.guard("oci-layout", "structure", () => {
    const text = readArchiveText(archive, "oci-layout");
    if (!/^\s*\{\s*"imageLayoutVersion"\s*:\s*"1\.0\.0"\s*\}\s*$/.test(text))
      findings.add(
        "oci-layout",
        "structure",
        `it is not the mark of an OCI image layout 1.0.0: ${JSON.stringify(text.slice(0, 80))}`,
      );
  });
}

/** The lock of each archive in the stack, whose top's lock is `top`. A base whose lock cannot be read is a problem, and has none. */
export function readLocks(
  archives: readonly StackedArchive[],
  top: Lock,
  findings: Findings,
): Map<StackedArchive, Lock> {
  const locks = new Map<StackedArchive, Lock>();
  for (const archive of archives) {
    if (archive === archives.at(-1)) locks.set(archive, top);
    else findings.guard(archive.path, "lock", () => void locks.set(archive, readArchiveLock(archive)));
  }
  return locks;
}

/** Checks what each delta says about its base, which no list of sums covers. */
export function checkBase(archives: readonly StackedArchive[], findings: Findings): void {
  for (const [index, archive] of archives.entries()) {
    const below = archives[index - 1];
    if (!below || archive.base === undefined) continue;
    findings.guard("kso/base.json", "lock", () => {
      const { release, releases } = readArchiveLock(below);
      const base = { schema: "kso.base/1", lock: archive.base, release, ...(releases && { releases }) };
      const expected = `${JSON.stringify(base, null, 2)}\n`;
      if (readArchiveText(archive, "kso/base.json") !== expected)
        findings.add("kso/base.json", "lock", `${archive.path} does not say what its base ${below.path} is`);
    });
  }
}
