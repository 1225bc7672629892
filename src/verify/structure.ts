// The archive itself: nothing in it that its lock does not name, all in it that a bundle has, and headers as kso writes them.
import { blobName, entryIn, readArchiveLock, readArchiveText, type StackedArchive } from "../bundle/open.ts";
import { encodeEntry } from "../bundle/tar.ts";
import { blobsOf, type Lock } from "../core/lock.ts";
import { readWhole } from "../files/extents.ts";
import type { Findings } from "./report.ts";

/** What every bundle has beside blobs and files. */
const fixedEntries = ["oci-layout", "index.json", "kso/lock.json", "kso/SHA256SUMS"];

/** A copy of kso for the other side (`--with-binaries`). */
export const ksoBinary: RegExp = /^kso\/kso-[\w.-]+$/;

export function checkStructure(layer: StackedArchive, lock: Lock, findings: Findings): void {
  // What `docker load` reads is in container images only.
  const wanted = new Set([...fixedEntries, "kso/base.json", "manifest.json"]);
  for (const { digest } of blobsOf(lock)) wanted.add(blobName(digest));
  for (const { path } of lock.files) wanted.add(`files/${path}`);
  const folders = new Set<string>();
  for (const name of wanted)
    for (let end = name.indexOf("/"); end > 0; end = name.indexOf("/", end + 1)) folders.add(name.slice(0, end + 1));
  for (const { name, type } of layer.entries.values()) {
    if (type === "directory" ? folders.has(name) : wanted.has(name) || ksoBinary.test(name)) continue;
    // A delta that was unpacked over its base leaves there what only the base had.
    if (layer.unpacked && layer.base !== undefined)
      findings.note(name, `${layer.path} has it and the lock does not name it`);
    else findings.add(name, "extra", `${layer.path} has it and the lock does not name it`);
  }
  for (const name of fixedEntries)
    if (!entryIn([layer], name)) findings.add(name, "missing", `${layer.path} has no such entry`);
  checkHeaders(layer, findings);
}

/** The mark of an OCI image layout. */
export function checkLayout(layer: StackedArchive, findings: Findings): void {
  findings.guard("oci-layout", "structure", () => {
    const text = readArchiveText(layer, "oci-layout");
    if (!/^\s*\{\s*"imageLayoutVersion"\s*:\s*"1\.0\.0"\s*\}\s*$/.test(text))
      findings.add(
        "oci-layout",
        "structure",
        `it is not the mark of an OCI image layout 1.0.0: ${JSON.stringify(text.slice(0, 80))}`,
      );
  });
}

/**
 * A header's checksum does not cover itself, and readers forgive much in it. Where kso wrote the archive, every header is the one
 * that kso would write; an archive that another program packed has none such and is left at what its reader accepts.
 */
function checkHeaders(layer: StackedArchive, findings: Findings): void {
  const others: string[] = [];
  let own = 0;
  for (const entry of layer.unpacked ? [] : layer.entries.values()) {
    const header = encodeEntry(entry);
    const start = entry.offset - header.length;
    const written = start < 0 ? undefined : readWhole(layer.rawExtents(start, header.length), header.length);
    if (written?.every((byte, index) => byte === header[index])) own++;
    else others.push(entry.name);
  }
  if (own === 0) return;
  for (const name of others)
    findings.add(name, "structure", `${layer.path}: the header of this entry is not the one that was sealed`);
}

/** The lock of each archive in the stack, the top's given; a base that is broken is a problem of its own. */
export function readLocks(layers: readonly StackedArchive[], top: Lock, findings: Findings): Map<StackedArchive, Lock> {
  const locks = new Map<StackedArchive, Lock>();
  for (const layer of layers) {
    if (layer === layers.at(-1)) locks.set(layer, top);
    else findings.guard(layer.path, "lock", () => void locks.set(layer, readArchiveLock(layer)));
  }
  return locks;
}

/** What a delta says about its base, where the base is at hand: no list of sums covers it. */
export function checkBase(layers: readonly StackedArchive[], findings: Findings): void {
  for (const [at, layer] of layers.entries()) {
    const below = layers[at - 1];
    if (!below || layer.base === undefined) continue;
    findings.guard("kso/base.json", "lock", () => {
      const { release } = readArchiveLock(below);
      const sealed = `${JSON.stringify({ schema: "kso.base/1", lock: layer.base, release }, null, 2)}\n`;
      if (readArchiveText(layer, "kso/base.json") !== sealed)
        findings.add("kso/base.json", "lock", `${layer.path} does not say what its base ${below.path} is`);
    });
  }
}
