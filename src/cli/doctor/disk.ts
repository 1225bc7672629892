// Where the store is, or would be: may it be written, is there room, does the file system have what kso uses. A directory that is
// not there yet is not made: the nearest one that is there is tried, and left as it was.
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { size } from "../../core/size.ts";
import { type Finding, finding } from "./finding.ts";

/** All components of one release for both architectures: so much in the store, and as much again as a bundle. Bytes. */
const release = 6e9;

export function diskFindings(store: string): Finding[] {
  let there = store;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const probe = join(there, `.kso-doctor-${randomBytes(6).toString("hex")}`);
  try {
    mkdirSync(probe);
    writeFileSync(join(probe, "a"), "a");
    const state = there === store ? "is there, and can be written" : "can be made";
    return [finding("store", "ok", `${store} ${state}`), space(there), hardLinks(probe, there)];
  } catch (cause) {
    return [
      finding("store", "fail", `${store} cannot be written: ${reasonOf(cause)}; name another place with --store`),
    ];
  } finally {
    try {
      rmSync(probe, { recursive: true, force: true });
    } catch {
      // Where nothing can be made, nothing can be removed.
    }
  }
}

function space(directory: string): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const wanted = `a whole release for both architectures takes about ${size(release)} in the store, and as much again as a bundle`;
  if (free >= 2 * release) return finding("space", "ok", `${size(free)} are free`);
  return finding("space", free < release / 6 ? "fail" : "warn", `only ${size(free)} are free; ${wanted}`);
}

function hardLinks(probe: string, directory: string): Finding {
  try {
    linkSync(join(probe, "a"), join(probe, "b"));
    return finding("links", "ok", "hard links work");
  } catch (cause) {
    return finding(
      "links",
      "warn",
      `${directory} has no hard links (${reasonOf(cause)}): an unpacked bundle takes twice its size`,
    );
  }
}

/** Without the path of what was tried. */
function reasonOf(cause: unknown): string {
  const known: Readonly<Record<string, string>> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "no space is left on that file system",
    EDQUOT: "the disk quota is used up",
    ENOTDIR: "a part of the path is a file",
    ENOENT: "nothing can be made there",
  };
  return known[(cause as NodeJS.ErrnoException | undefined)?.code ?? ""] ?? messageOf(cause);
}
