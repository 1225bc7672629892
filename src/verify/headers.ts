// Checks the headers of an archive. Where kso wrote it, each is the one that kso writes: name, mode, owner and time, with
// nothing between; the checksum in a header covers only a part of that.
import type { BundleArchive, BundleEntry } from "../bundle/archive.ts";
import { encodeEntry, paddingOf, trailerSize } from "../bundle/tar.ts";
import { readWhole } from "../files/extents.ts";
import type { Findings } from "./report.ts";

/** A copy of kso for the other side (`--with-binaries`). */
export const ksoBinary: RegExp = /^kso\/kso-[\w.-]+$/;

/** Setuid and setgid: an entry with these would run with the rights of whoever unpacked it. */
const privilegeBits = 0o6000;

/** Checks the headers where kso wrote them, and elsewhere that no entry is setuid or setgid. */
export function checkHeaders(archive: BundleArchive, findings: Findings): void {
  const differing = archive.unpacked ? [] : differingEntries(archive);
  const isForeign = !archive.unpacked && differing.length === archive.entries.size;
  if (isForeign) findings.note(archive.path, "another program packed it: its owners, times and modes are not kso's");
  for (const { name, message } of archive.unpacked || isForeign ? privilegedEntries(archive) : differing)
    findings.add(name, "structure", `${archive.path}: ${message}`);
}

function privilegedEntries({ entries, unpacked }: BundleArchive): HeaderFault[] {
  return (
    [...entries.values()]
      // Directories that are made below a setgid one get that bit by themselves.
      .filter(({ type, mode }) => (mode & privilegeBits) !== 0 && !(unpacked && type === "directory"))
      .map(({ name, mode }) => ({ name, message: `its mode is ${octal(mode)}, which makes it setuid or setgid` }))
  );
}

/** What is wrong with the header of an entry. */
interface HeaderFault {
  readonly name: string;
  readonly message: string;
}

function differingEntries(archive: BundleArchive): HeaderFault[] {
  const differing: HeaderFault[] = [];
  let end = 0;
  let previous = "";
  for (const entry of archive.entries.values()) {
    const fault = faultOf(archive, entry, end);
    if (fault !== undefined) differing.push({ name: entry.name, message: fault });
    end = entry.offset + entry.size + paddingOf(entry.size);
    previous = entry.name;
  }
  const last = archive.size - end;
  if (last !== trailerSize && differing.length < archive.entries.size)
    differing.push({ name: previous, message: `${last} bytes follow this last entry, and ${trailerSize} were sealed` });
  return differing;
}

/** What is wrong with the header of an entry, which has to begin where the one before ends. */
function faultOf(archive: BundleArchive, entry: BundleEntry, end: number): string | undefined {
  const header = encodeEntry(entry);
  const start = entry.offset - header.length;
  const bytes = start < 0 ? undefined : readWhole(archive.rawExtents(start, header.length), header.length);
  if (start !== end || !bytes?.every((byte, index) => byte === header[index]))
    return "the header of this entry is not the one that was sealed";
  const mode = modeOf(entry);
  return entry.mode === mode ? undefined : `its mode is ${octal(entry.mode)}, and ${octal(mode)} was sealed`;
}

/** The mode that kso gives an entry. */
function modeOf({ name, type }: BundleEntry): number {
  return type === "directory" || ksoBinary.test(name) ? 0o755 : 0o644;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
