// Compares the machine code in a file with the platform that the file was fetched for.
import { platforms as shippedPlatforms } from "../core/platform.ts";
import { machineFor } from "./elf.ts";
import type { FoundProgram } from "./programs.ts";

/** The search for the programs of a file. */
interface ProgramsSearch {
  /** Search all of it from the beginning. */
  readonly deep: boolean;
  readonly find: (deep: boolean) => Promise<readonly FoundProgram[]>;
}

/**
 * What is wrong about a file, as {@link platformMismatch} says it. An archive for several platforms is searched whole before it is
 * called wrong: it may begin with the programs of one of them.
 */
export async function fileMismatch(
  { name, platforms }: { readonly name: string; readonly platforms: readonly string[] },
  { deep, find }: ProgramsSearch,
): Promise<string | undefined> {
  const mismatch = platformMismatch(name, platforms, await find(deep));
  if (mismatch === undefined || deep || platforms.length === 1) return mismatch;
  return platformMismatch(name, platforms, await find(true));
}

/**
 * What is wrong about a file for its platforms: "arm64/youki holds x86-64 code (member youki-0.5.7/youki)"; undefined when all is
 * well.
 *
 * A file is wrong when it holds programs and none of them is for the machine of one of its platforms. Where some are, others may be
 * for a third machine (the firmware that emulators come with, 32-bit helpers), but in a file for one platform not for another
 * machine that kso ships for. Even that is right where the member's path names it (`linux-amd64/tool`): then the archive carries
 * several architectures on purpose.
 */
export function platformMismatch(
  name: string,
  platforms: readonly string[],
  programs: readonly FoundProgram[],
): string | undefined {
  for (const platform of platforms) {
    const mismatch = mismatchFor(platform.split("/")[1] ?? "", programs, platforms.length > 1);
    if (mismatch !== undefined) return `${platform.split("/")[1]}/${name} ${mismatch}`;
  }
  return undefined;
}

function mismatchFor(arch: string, programs: readonly FoundProgram[], isShared: boolean): string | undefined {
  const machine = machineFor(arch);
  if (machine === undefined) return undefined;
  const foreign = programs.filter((program) => program.machine !== machine);
  const misplaced = (): FoundProgram[] => (isShared ? [] : foreign.filter((program) => isMisplaced(program)));
  const wrong = foreign.length === programs.length ? foreign : misplaced();
  const [first] = wrong;
  if (!first) return undefined;
  const others = wrong.length > 1 ? ` and ${wrong.length - 1} more` : "";
  const member = first.member === undefined ? "" : ` (member ${first.member}${others})`;
  const code = [...new Set(wrong.map((program) => program.machine))].slice(0, 3).join(" and ");
  return `holds ${code} code${member}`;
}

/** True for a program that was built for a machine which kso ships for, unless its path names that machine's platform. */
function isMisplaced({ machine, member }: FoundProgram): boolean {
  return shippedPlatforms.some(
    (platform) => machineFor(platform.arch) === machine && !namesPlatform(member ?? "", platform),
  );
}

function namesPlatform(path: string, platform: { readonly arch: string; readonly machine: string }): boolean {
  return new RegExp(`(?:^|[^a-z0-9])(?:${platform.arch}|${platform.machine})(?:[^a-z0-9]|$)`, "i").test(path);
}
