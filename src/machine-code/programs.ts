// A file that was fetched for a platform travels in; out travels the machine code it holds, and whether that is the
// platform's. Programs and shared libraries count; objects to link (ET_REL: kernel modules, too) and eBPF do not.
import { KsoError, messageOf } from "../core/errors.ts";
import { platforms as shipped } from "../core/platform.ts";
import { headSize, isProgram, machineFor, machineOf } from "./elf.ts";
import { decompress, type FileFormat, formatOf, isCompressed, sniffSize } from "./format.ts";
import { type OpenStream, Reader } from "./reader.ts";
import { tarMembers } from "./tar.ts";
import { zipMembers } from "./zip.ts";

export type { OpenStream } from "./reader.ts";

/** A program that was found. */
export interface FoundProgram {
  /** What its header names: "x86-64". */
  readonly machine: string;
  /** The path inside the archive, "a.tar.gz!/usr/bin/youki" for a nested one; absent when the file itself is the program. */
  readonly member?: string;
}

/** How far a look that is not deep goes: so many programs, … */
const enough = 3;
/** … so many unpacked bytes to find the first, and so many more for the others. */
const reach: { readonly first: number; readonly more: number } = { first: 1024 ** 3, more: 1024 ** 2 };
/** Findings kept for each machine: more says nothing new, and a hostile archive has no end of members. */
const keptEach = 1000;

/** What a look may still read. Everything that is unpacked goes through {@link metered}. */
interface Look {
  readonly deep: boolean;
  left: number;
  /** The member that was begun last, for messages. */
  at: string | undefined;
  /** Is xz being unpacked? */
  xz: boolean;
}

/**
 * The machine code a file holds. Not deep: a program's own header; in an archive (tar and zip; gzip, xz and zstd around a tar
 * or a program) the first programs, at most three and as far as they lie within 1 MiB of the first; 1 GiB without any and it
 * gives up; a broken archive gives what was found before. Deep: every member, and archives inside the archive, one level.
 * @throws KsoError `verify` when deep and the archive is broken; whatever `open` throws.
 */
export async function findPrograms(name: string, open: OpenStream, deep: boolean): Promise<FoundProgram[]> {
  const source: { failure?: { readonly thrown: unknown } } = {};
  const look: Look = { deep, left: deep ? Number.POSITIVE_INFINITY : reach.first, at: undefined, xz: false };
  const found: FoundProgram[] = [];
  const counts = new Map<string, number>();
  const reader = new Reader(watched(open(), source));
  try {
    for await (const finding of programs(reader, look, { levels: deep ? 1 : 0 })) {
      const count = (counts.get(finding.machine) ?? 0) + 1;
      counts.set(finding.machine, count);
      if (count <= keptEach) found.push(finding);
      if (!deep && found.length === enough) break;
      if (!deep) look.left = Math.min(look.left, reach.more);
    }
  } catch (thrown) {
    if (source.failure) throw source.failure.thrown;
    const where = look.at === undefined ? "its start" : `member ${look.at}`;
    if (deep) throw new KsoError("verify", `${name}: the archive is broken at ${where}: ${messageOf(thrown)}`, thrown);
  } finally {
    await reader.close();
  }
  return found;
}

/**
 * What is wrong about a file that was fetched for exactly one platform: "arm64/youki holds x86-64 code (member
 * youki-0.5.7/youki)"; undefined when all is well, and for a file that serves several platforms, which may hold anything.
 *
 * Wrong is a file none of whose programs is for the platform's machine. Where some are, others may be for a third machine
 * (the firmware that emulators come with, 32-bit helpers), but not for another of the machines kso ships for; unless the
 * member's own path says which that is (`linux-amd64/tool`): then the archive carries several architectures on purpose.
 */
export function platformMismatch(
  name: string,
  platforms: readonly string[],
  findings: readonly FoundProgram[],
): string | undefined {
  const arch = platforms.length === 1 ? (platforms[0]?.split("/")[1] ?? "") : "";
  const machine = machineFor(arch);
  if (machine === undefined) return undefined;
  const others = findings.filter((finding) => finding.machine !== machine);
  const rivals = shipped.filter((one) => machineFor(one.arch) !== machine);
  const wrong =
    others.length === findings.length
      ? others
      : others.filter((finding) =>
          rivals.some((one) => machineFor(one.arch) === finding.machine && !says(finding.member ?? "", one)),
        );
  const [first] = wrong;
  if (!first) return undefined;
  const more = wrong.length > 1 ? ` and ${wrong.length - 1} more` : "";
  const member = first.member === undefined ? "" : ` (member ${first.member}${more})`;
  const code = [...new Set(wrong.map((finding) => finding.machine))].slice(0, 3).join(" and ");
  return `${arch}/${name} holds ${code} code${member}`;
}

function says(path: string, platform: { readonly arch: string; readonly machine: string }): boolean {
  return new RegExp(`(?:^|[^a-z0-9])(?:${platform.arch}|${platform.machine})(?:[^a-z0-9]|$)`, "i").test(path);
}

/** Where in a file one is: inside which member, and how many levels of archives further down may be read. */
interface Place {
  readonly inside?: string;
  readonly levels: number;
}

async function* programs(reader: Reader, look: Look, place: Place): AsyncGenerator<FoundProgram> {
  const kind = formatOf(await reader.peek(sniffSize));
  // There is one decoder of xz: inside what it unpacks it cannot be used again.
  if (kind === "xz" && look.xz) return;
  const outer = look.xz;
  look.xz ||= kind === "xz";
  const content = new Reader(metered(isCompressed(kind) ? decompress(kind, reader) : reader.chunks(), look));
  try {
    const inner = formatOf(await content.peek(sniffSize));
    if (!isCompressed(inner)) yield* programsOf(inner, content, look, place);
  } finally {
    look.xz = outer;
    await content.close();
  }
}

async function* programsOf(
  kind: FileFormat | undefined,
  reader: Reader,
  look: Look,
  place: Place,
): AsyncGenerator<FoundProgram> {
  if (kind === "elf") {
    const head = await reader.peek(headSize);
    const machine = isProgram(head) ? machineOf(head) : undefined;
    if (machine) yield { machine, ...(place.inside === undefined ? {} : { member: place.inside }) };
  }
  if (kind !== "tar" && kind !== "zip") return;
  const members = kind === "tar" ? tarMembers(reader) : zipMembers(reader);
  for await (const { name, body } of members) {
    const path = printable(name);
    const inside = place.inside === undefined ? path : `${place.inside}!/${path}`;
    look.at = inside;
    yield* member(new Reader(metered(body.chunks(), look)), look, inside, place.levels);
  }
}

async function* member(body: Reader, look: Look, inside: string, levels: number): AsyncGenerator<FoundProgram> {
  if (levels === 0) {
    const kind = formatOf(await body.peek(headSize));
    return yield* programsOf(kind === "elf" ? kind : undefined, body, look, { inside, levels });
  }
  try {
    yield* programs(body, look, { inside, levels: levels - 1 });
  } catch (thrown) {
    // A broken archive among an archive's members (test data, mostly) is no fault of the outer one.
    if (body.failed) throw thrown;
  }
}

/** Passes bytes on until the look has read what it may. */
async function* metered(source: AsyncIterable<Uint8Array>, look: Look): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    look.left -= chunk.length;
    yield chunk;
    if (look.left < 0) throw new Error("it goes on for too long");
  }
}

/** The source, noting what it throws: that is the caller's trouble, not the archive's. */
async function* watched(
  source: AsyncIterable<Uint8Array>,
  note: { failure?: { readonly thrown: unknown } },
): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (thrown) {
    note.failure = { thrown };
    throw thrown;
  }
}

/** A member's path as a message can carry it: no control characters, no more than 255 characters. */
function printable(name: string): string {
  const plain = name
    .slice(0, 255)
    .replace(/^\.\//, "")
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  return plain;
}
