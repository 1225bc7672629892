// Finds the binaries of kso for both architectures, for a bundle that contains them (`--with-binaries`).
import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { KsoError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { platformName, platforms } from "../core/platform.ts";
import { readText } from "../files/read.ts";
import { sizeIn, stampOfTarget } from "../files/stamp.ts";
import { statsAt } from "../files/stats.ts";
import { machineFor, machineOf } from "../machine-code/elf.ts";
import type { Hashing } from "../store/hashing.ts";
import type { KsoBinary } from "./exporter.ts";

/** Where to look for binaries. */
export interface BinaryLocation {
  /** The folder that holds them, where the user named one; otherwise that of the running program. */
  readonly folder?: string | undefined;
  /** The command of the running program: one word for a compiled binary, more for source. */
  readonly self: readonly [program: string, ...words: string[]];
}

/** What binaries are found for. */
export interface BinarySearch {
  /** Those of its platforms must be there; others come along where they are. */
  readonly plan: Pick<Plan, "platforms">;
  readonly hashing: Hashing;
}

/** The binaries of kso. @throws KsoError `usage` for one that is missing, or is not what its name says. */
export async function findBinaries(
  location: BinaryLocation,
  { plan, hashing }: BinarySearch,
): Promise<readonly KsoBinary[]> {
  const found = platforms.map(async (platform) => {
    const { arch } = platform;
    const name = `kso-linux-${arch}`;
    const [path, ...more] = candidatesFor(name, arch, location);
    if (path !== undefined && more.length === 0) return [await readBinary(name, path, hashing)];
    if (!plan.platforms.includes(platformName(platform))) return [];
    const why = path === undefined ? `no kso for ${arch} is there` : `${[path, ...more].join(" and ")} may all be it`;
    const needed = `--with-binaries needs ${name} in ${folderOf(location)}`;
    throw new KsoError("usage", `${needed}: ${why}; put it there, or name another folder with --binaries DIR`);
  });
  return (await Promise.all(found)).flat();
}

async function readBinary(name: string, path: string, hashing: Hashing): Promise<KsoBinary> {
  const arch = name.slice(name.lastIndexOf("-") + 1);
  if (readMachine(path) !== machineFor(arch))
    throw new KsoError("usage", `${path} holds ${readMachine(path) ?? "no"} code, not ${machineFor(arch)}`);
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

/** Is there a program for this architecture, which this user may read? */
function isProgram(path: string, arch: string): boolean {
  try {
    return statsAt(path)?.isFile() === true && readMachine(path) === machineFor(arch);
  } catch {
    return false;
  }
}

function readMachine(path: string): string | undefined {
  const head = new Uint8Array(64);
  const file = openSync(path, "r");
  try {
    return machineOf(head.subarray(0, readSync(file, head, 0, head.length, 0)));
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
