// Compares the machine code in a file with the platform that the file was fetched for.
import { platforms as shippedPlatforms } from "../core/platform.ts";
import { machineFor } from "./elf.ts";
import type { FoundProgram } from "./programs.ts";

/**
 * What is wrong about a file that was fetched for exactly one platform: "arm64/youki holds x86-64 code (member
 * youki-0.5.7/youki)"; undefined when all is well, and for a file that serves several platforms, which may hold anything.
 *
 * A file is wrong when none of its programs is for the platform's machine. Where some are, others may be for a third machine (the
 * firmware that emulators come with, 32-bit helpers), but not for another machine that kso ships for. Even that is right where the
 * member's path names it (`linux-amd64/tool`): then the archive carries several architectures on purpose.
 */
export function platformMismatch(
  name: string,
  platforms: readonly string[],
  programs: readonly FoundProgram[],
): string | undefined {
  const arch = platforms.length === 1 ? (platforms[0]?.split("/")[1] ?? "") : "";
  const machine = machineFor(arch);
  if (machine === undefined) return undefined;
  const foreign = programs.filter((program) => program.machine !== machine);
  const wrong = foreign.length === programs.length ? foreign : foreign.filter((program) => isMisplaced(program));
  const [first] = wrong;
  if (!first) return undefined;
  const others = wrong.length > 1 ? ` and ${wrong.length - 1} more` : "";
  const member = first.member === undefined ? "" : ` (member ${first.member}${others})`;
  const code = [...new Set(wrong.map((program) => program.machine))].slice(0, 3).join(" and ");
  return `${arch}/${name} holds ${code} code${member}`;
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
