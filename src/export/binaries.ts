// Finds the binaries of kso for both architectures, for a bundle that contains them (`--with-binaries`): on this machine, then in the release.
import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { KsoError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { platformName, platforms } from "../core/platform.ts";
import { readText } from "../files/read.ts";
import { sizeIn, stampOfTarget } from "../files/stamp.ts";
import { statsAt } from "../files/stats.ts";
import { interpreterOf, machineFor, machineOf } from "../machine-code/elf.ts";
import type { Hashing } from "../store/hashing.ts";
import type { KsoBinary } from "./exporter.ts";

/** Where to look for binaries. */
export interface BinaryLocation {
  /** The folder that holds them, where the user named one; otherwise that of the running program. */
  readonly folder?: string | undefined;
  /** None on this machine is taken, but those of the release. */
  readonly released?: true;
  /** The command of the running program: one word for a compiled binary, more for source. */
  readonly self: readonly [program: string, ...words: string[]];
}

/** What binaries are found for. */
export interface BinarySearch {
  /** Those of its platforms must be there; others come along where they are. */
  readonly plan: Pick<Plan, "platforms">;
  readonly hashing: Hashing;
  /** Fetches a binary of this version's release by its name; what comes was checked. @returns its path. */
  fetch(name: string): Promise<string>;
}

/**
 * The binaries of kso. One that is not on this machine comes from the release, unless a folder was named.
 * @throws KsoError `usage` for one that is missing, or is not what its name says; `fetch` where the release does not give it.
 */
export async function findBinaries(location: BinaryLocation, search: BinarySearch): Promise<readonly KsoBinary[]> {
  const { plan, hashing, fetch } = search;
  const binaries: KsoBinary[] = [];
  for (const platform of platforms) {
    const name = `kso-linux-${platform.arch}`;
    const found = location.released ? [] : candidatesFor(name, platform.arch, location);
    const [path, ...more] = found;
    const isNeeded = plan.platforms.includes(platformName(platform));
    if (path !== undefined && more.length === 0) binaries.push(await readBinary(name, path, hashing));
    else if (isNeeded && (found.length > 0 || location.folder !== undefined)) throw notFound(name, found, location);
    else if (isNeeded) binaries.push(await readBinary(name, await fetch(name), hashing));
  }
  return binaries;
}

function notFound(name: string, found: readonly string[], location: BinaryLocation): KsoError {
  const why = found.length === 0 ? "no such program is there" : `${found.join(" and ")} may all be it`;
  const ways =
    "put it there, or name another folder with --binaries DIR, or take the release's with --binaries release";
  return new KsoError("usage", `--with-binaries needs ${name} in ${folderOf(location)}: ${why}; ${ways}`);
}

async function readBinary(name: string, path: string, hashing: Hashing): Promise<KsoBinary> {
  const arch = name.slice(name.lastIndexOf("-") + 1);
  const { machine, isMusl } = readProgram(path);
  if (machine !== machineFor(arch))
    throw new KsoError("usage", `${path} holds ${machine ?? "no"} code, not ${machineFor(arch)}`);
  if (isMusl)
    throw new KsoError(
      "usage",
      `${path} runs with musl only; a bundle takes the build for glibc, ${name} of the release`,
    );
  const stamp = stampOfTarget(path);
  const size = sizeIn(stamp);
  const digest = await hashing.digest([{ path, offset: 0, length: size }]);
  const published = publishedIn(join(dirname(path), "SHA256SUMS"), basename(path));
  if (published !== undefined && `sha256:${published}` !== digest)
    throw new KsoError("usage", `${path} is ${digest}, and SHA256SUMS beside it says ${published}`);
  return { name, path, size, digest, stamp };
}

function folderOf({ folder, self }: BinaryLocation): string {
  return folder ?? dirname(self[0]);
}

/** By its name; then the running program, whatever its name is; then a program in the folder whose name begins with kso. */
function candidatesFor(name: string, arch: string, location: BinaryLocation): string[] {
  const folder = folderOf(location);
  const path = join(folder, name);
  if (statsAt(path)?.isFile()) return [path];
  const [program, ...words] = location.self;
  if (words.length === 0 && isProgram(program, arch)) return [program];
  if (!statsAt(folder)?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => /^kso(?:[-_.]|$)/.test(entry.name) && !entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((candidate) => isProgram(candidate, arch))
    .sort();
}

/** Is there a program for this architecture and for glibc, which this user may read? */
function isProgram(path: string, arch: string): boolean {
  try {
    if (!statsAt(path)?.isFile()) return false;
    const { machine, isMusl } = readProgram(path);
    return machine === machineFor(arch) && !isMusl;
  } catch {
    return false;
  }
}

/** What a program runs on. */
function readProgram(path: string): { machine: string | undefined; isMusl: boolean } {
  const head = new Uint8Array(4096);
  const file = openSync(path, "r");
  try {
    const bytes = head.subarray(0, readSync(file, head, 0, head.length, 0));
    return { machine: machineOf(bytes), isMusl: interpreterOf(bytes)?.includes("/ld-musl-") === true };
  } finally {
    closeSync(file);
  }
}

/** The digest that a file of sums has for a name. */
function publishedIn(sumsPath: string, name: string): string | undefined {
  if (!existsSync(sumsPath)) return undefined;
  return /^([0-9a-f]{64})/.exec(
    readText(sumsPath, "--binaries")
      .split("\n")
      .find((line) => line.endsWith(`  ${name}`)) ?? "",
  )?.[1];
}
