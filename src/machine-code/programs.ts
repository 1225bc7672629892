// Finds the programs in a file, also inside archives and compressed files. Executables and shared libraries count; object files
// (ET_REL, such as kernel modules) and eBPF do not.
import { KsoError, messageOf } from "../core/errors.ts";
import { printable } from "../core/quote.ts";
import { headerSize, isProgram, machineOf } from "./elf.ts";
import { decompress, type FileFormat, formatOf, isCompressed, sniffSize } from "./format.ts";
import { type OpenStream, Reader } from "./reader.ts";
import { tarMembers } from "./tar.ts";
import { zipMembers } from "./zip.ts";

/** A program that was found. */
export interface FoundProgram {
  /** What its header names: "x86-64". */
  readonly machine: string;
  /** The path inside the archive, "a.tar.gz!/usr/bin/youki" for a nested one; absent when the file itself is the program. */
  readonly member?: string;
}

/** The number of programs after which a search that is not deep ends. */
const maxPrograms = 3;
/** The unpacked bytes that such a search reads: up to the first program, and from there on. */
const maxBytes: { readonly first: number; readonly further: number } = { first: 1024 ** 3, further: 1024 ** 2 };
/** The number of programs that are kept for each machine, as a hostile archive may have any number of members. */
const maxProgramsPerMachine = 1000;

/**
 * The programs in a file. Not deep: a program's own header; in an archive (tar and zip; gzip, xz and zstd around a tar
 * or a program) the first programs, at most three and as far as they lie within 1 MiB of the first; 1 GiB without any and it
 * gives up; a broken archive gives what was found before. Deep: every member, and archives inside the archive, one level.
 * @throws KsoError `verify` when deep and the archive is broken; whatever `open` throws.
 */
export async function findPrograms(name: string, open: OpenStream, deep: boolean): Promise<FoundProgram[]> {
  const source = new WatchedSource(open());
  const search = new ProgramSearch(deep);
  const reader = new Reader(source);
  try {
    await search.run(reader);
  } catch (thrown) {
    if (source.failure) throw source.failure.thrown;
    if (deep) {
      const where = search.member === undefined ? "its start" : `member ${search.member}`;
      throw new KsoError("verify", `${name}: the archive is broken at ${where}: ${messageOf(thrown)}`, thrown);
    }
  } finally {
    await reader.close();
  }
  return search.programs;
}

/** A place in a file: the member that it lies in, and the number of levels of archives below it that may be read. */
interface Position {
  readonly inside?: string;
  readonly levels: number;
}

/** Searches one file for programs. */
class ProgramSearch {
  readonly programs: FoundProgram[] = [];
  readonly #deep: boolean;
  readonly #counts = new Map<string, number>();
  /** The number of bytes that may still be read. Everything that is unpacked goes through {@link #metered}. */
  #bytesLeft: number;
  #member: string | undefined;
  /** True while xz is unpacked. */
  #inXz = false;

  constructor(deep: boolean) {
    this.#deep = deep;
    this.#bytesLeft = deep ? Number.POSITIVE_INFINITY : maxBytes.first;
  }

  /** The member that was begun last, for messages. */
  get member(): string | undefined {
    return this.#member;
  }

  async run(reader: Reader): Promise<void> {
    for await (const program of this.#programsOfStream(reader, { levels: this.#deep ? 1 : 0 })) {
      this.#add(program);
      if (this.#deep) continue;
      if (this.programs.length === maxPrograms) return;
      this.#bytesLeft = Math.min(this.#bytesLeft, maxBytes.further);
    }
  }

  #add(program: FoundProgram): void {
    const count = (this.#counts.get(program.machine) ?? 0) + 1;
    this.#counts.set(program.machine, count);
    if (count <= maxProgramsPerMachine) this.programs.push(program);
  }

  /** The programs of a stream, which is unpacked where it is compressed. */
  async *#programsOfStream(reader: Reader, position: Position): AsyncGenerator<FoundProgram> {
    const format = formatOf(await reader.peek(sniffSize));
    // There is one decoder of xz: inside what it unpacks it cannot be used again.
    if (format === "xz" && this.#inXz) return;
    const wasInXz = this.#inXz;
    this.#inXz ||= format === "xz";
    const bytes = isCompressed(format) ? decompress(format, reader) : reader.chunks();
    const content = new Reader(this.#metered(bytes));
    try {
      const inner = formatOf(await content.peek(sniffSize));
      if (!isCompressed(inner)) yield* this.#programsOfContent(inner, content, position);
    } finally {
      this.#inXz = wasInXz;
      await content.close();
    }
  }

  /** The program that the content is, or those of the archive that it is. */
  async *#programsOfContent(
    format: FileFormat | undefined,
    reader: Reader,
    { inside, levels }: Position,
  ): AsyncGenerator<FoundProgram> {
    if (format === "elf") {
      const header = await reader.peek(headerSize);
      const machine = isProgram(header) ? machineOf(header) : undefined;
      if (machine) yield { machine, ...(inside !== undefined && { member: inside }) };
    }
    if (format !== "tar" && format !== "zip") return;
    const members = format === "tar" ? tarMembers(reader) : zipMembers(reader);
    for await (const { name, body } of members) {
      const path = shownPath(name);
      this.#member = inside === undefined ? path : `${inside}!/${path}`;
      yield* this.#programsOfMember(new Reader(this.#metered(body.chunks())), { inside: this.#member, levels });
    }
  }

  /** The programs of an archive's member; at the last level only the member itself may be one. */
  async *#programsOfMember(body: Reader, { inside, levels }: Position): AsyncGenerator<FoundProgram> {
    const position = { ...(inside !== undefined && { inside }), levels: Math.max(levels - 1, 0) };
    if (levels === 0) {
      const format = formatOf(await body.peek(headerSize));
      return yield* this.#programsOfContent(format === "elf" ? format : undefined, body, position);
    }
    try {
      yield* this.#programsOfStream(body, position);
    } catch (thrown) {
      // A broken archive inside an archive (test data, mostly) does not make the outer one broken.
      if (body.failed) throw thrown;
    }
  }

  /** Passes bytes on. @throws Error when more are read than may be. */
  async *#metered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#bytesLeft -= chunk.length;
      yield chunk;
      if (this.#bytesLeft < 0) throw new Error("it goes on for too long");
    }
  }
}

/** A source that remembers what it throws, which tells a failure to read from a broken archive. */
class WatchedSource implements AsyncIterable<Uint8Array> {
  failure: { readonly thrown: unknown } | undefined;
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#source;
    } catch (thrown) {
      this.failure = { thrown };
      throw thrown;
    }
  }
}

/** A member's path for a message: cut after 255 characters. */
function shownPath(name: string): string {
  return printable(name.slice(0, 255).replace(/^\.\//, ""));
}
