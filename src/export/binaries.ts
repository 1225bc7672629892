// Finds the binaries of kso for both architectures, for a bundle that contains them (`--with-binaries`).
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { platforms } from "../core/platform.ts";
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

/** The binaries of kso. @throws KsoError `usage` for one that is missing, or is not what its name says. */
export async function findBinaries(location: BinaryLocation, hashing: Hashing): Promise<readonly KsoBinary[]> {
  return await Promise.all(platforms.map(({ arch }) => findBinary(arch, location, hashing)));
}

async function findBinary(arch: string, location: BinaryLocation, hashing: Hashing): Promise<KsoBinary> {
  const name = `kso-linux-${arch}`;
  const folder = location.folder ?? dirname(location.self[0]);
  const path = pathOf(name, arch, folder, location);
  if (path === undefined)
    throw new KsoError("usage", `--with-binaries needs ${name} in ${folder}; name another folder with --binaries DIR`);
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

function pathOf(
  name: string,
  arch: string,
  folder: string,
  { folder: userFolder, self }: BinaryLocation,
): string | undefined {
  const path = join(folder, name);
  if (statsAt(path)?.isFile()) return path;
  // The running binary may have been renamed to `kso`.
  const [program, ...words] = self;
  const isRunningBinary = words.length === 0 && userFolder === undefined && readMachine(program) === machineFor(arch);
  return isRunningBinary ? program : undefined;
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
