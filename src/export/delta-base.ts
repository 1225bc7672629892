// The base of a delta: a lock, or a bundle in any of its forms.
import { metadataLimit, readLock } from "../bundle/lock.ts";
import { openBundle } from "../bundle/open.ts";
import { readWhole } from "../files/extents.ts";
import type { DeltaBase } from "./exporter.ts";

/** Reads what is at the path. @throws KsoError when it is neither a lock nor a bundle. */
export function openDeltaBase(path: string): DeltaBase {
  if (path.endsWith(".json") && !path.endsWith(".volumes.json")) return { lock: readLock(path) };
  const bundle = openBundle([path], { alone: true });
  const sums = bundle.locateFile("kso/SHA256SUMS");
  const binaries = sums ? binariesIn(new TextDecoder().decode(readWhole(sums, metadataLimit))) : [];
  return { lock: bundle.lock, digest: bundle.lockDigest, binaries };
}

/** The digests of kso's binaries among a bundle's sums. */
function binariesIn(sums: string): string[] {
  return [...sums.matchAll(/^([0-9a-f]{64}) [ *]kso\/kso-[^\n]+$/gm)].map(([, hex]) => `sha256:${hex}`);
}
