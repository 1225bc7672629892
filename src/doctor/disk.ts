// Checks the directory of the store: write permission, free space, hard links. A directory that does not exist is not made: the
// nearest one that exists is checked, and left as it was.
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatSize } from "../core/size.ts";
import { diskReason, errorCode, freeBytes } from "../files/disk.ts";
import { type Finding, finding } from "./finding.ts";

/** The size of one release with all components for both architectures, in the store; a bundle has the same. Bytes. */
const releaseSize = 6e9;

/** What a further release adds to another: of 2.29.1, 2.30.0 and 2.31.0 each shares two fifths of its items with those before. */
const furtherShare = 0.6;

/** Checks the directory of a store for so many releases. */
export function diskFindings(store: string, releases = 1): Finding[] {
  let existing = store;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const probe = join(existing, `.kso-doctor-${randomBytes(6).toString("hex")}`);
  try {
    mkdirSync(probe);
    writeFileSync(join(probe, "a"), "a");
    const state = existing === store ? "is there, and can be written" : "can be made";
    return [
      finding("store", "ok", `${store} ${state}`),
      spaceFinding(existing, releases),
      hardLinksFinding(probe, existing),
    ];
  } catch (cause) {
    return [
      finding("store", "fail", `${store} cannot be written: ${reasonOf(cause)}; name another place with --store`),
    ];
  } finally {
    try {
      rmSync(probe, { recursive: true, force: true });
    } catch {
      // It could not be made.
    }
  }
}

function spaceFinding(directory: string, releases: number): Finding {
  const free = freeBytes(directory);
  const size = releaseSize * (1 + (releases - 1) * furtherShare);
  const subject =
    releases === 1
      ? "a whole release for both architectures takes"
      : `${releases} whole releases for both architectures take`;
  const needed = `${subject} about ${formatSize(size)} in the store, and as much again as a bundle`;
  if (free >= 2 * size) return finding("space", "ok", `${formatSize(free)} are free`);
  return finding("space", free < size / 6 ? "fail" : "warn", `only ${formatSize(free)} are free; ${needed}`);
}

function hardLinksFinding(probe: string, directory: string): Finding {
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

/** The reason without the path of the probe. */
function reasonOf(cause: unknown): string {
  return errorCode(cause) === "ENOENT" ? "nothing can be made there" : diskReason(cause);
}
