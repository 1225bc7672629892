// Finds the volumes that are to be replaced. They are hashed only where something is wrong with the bundle, or with --deep.
import { basename } from "node:path";
import type { Volume } from "../bundle/volumes.ts";
import { messageOf } from "../core/errors.ts";
import type { Hashing } from "../store/hashing.ts";
import type { Findings } from "./report.ts";

/** Hashes whole volumes, and reports those that differ from their index. */
export async function checkVolumes(volumes: readonly Volume[], hashing: Hashing, findings: Findings): Promise<void> {
  await Promise.all(
    volumes.map(async ({ path, size, digest }) => {
      try {
        const actual = await hashing.digest([{ path, offset: 0, length: size }]);
        if (actual === digest) return;
        findings.add(
          basename(path),
          "volume",
          `the volume is damaged: it is ${actual} and should be ${digest}; copy ${path} again`,
        );
      } catch (thrown) {
        findings.add(basename(path), "volume", `the volume cannot be read: ${messageOf(thrown)}; copy ${path} again`);
      }
    }),
  );
}
