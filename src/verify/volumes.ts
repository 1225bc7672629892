// Which volume is to be replaced? Volumes are hashed only where something in them is wrong, or with --deep.
import { basename } from "node:path";
import type { Volume } from "../bundle/volumes.ts";
import { messageOf } from "../core/errors.ts";
import type { Hashing } from "../store/hashing.ts";
import type { Findings } from "./report.ts";

/** Hashes whole volumes against their index; the bad ones are named. @returns how many are bad. */
export async function checkVolumes(volumes: readonly Volume[], hashing: Hashing, findings: Findings): Promise<number> {
  const bad = await Promise.all(
    volumes.map(async ({ path, size, digest }) => {
      try {
        const actual = await hashing.digest([{ path, offset: 0, length: size }]);
        if (actual === digest) return false;
        findings.add(
          basename(path),
          "volume",
          `the volume is damaged: it is ${actual} and should be ${digest}; copy ${path} again`,
        );
      } catch (thrown) {
        findings.add(basename(path), "volume", `the volume cannot be read: ${messageOf(thrown)}; copy ${path} again`);
      }
      return true;
    }),
  );
  return bad.filter(Boolean).length;
}
