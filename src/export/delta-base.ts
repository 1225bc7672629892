// The base of a delta: a lock, or a bundle in any of its forms.
import { readLock } from "../bundle/lock.ts";
import { openBundle } from "../bundle/open.ts";
import type { DeltaBase } from "./exporter.ts";

/** Reads what is at the path. @throws KsoError when it is neither a lock nor a bundle. */
export function openDeltaBase(path: string): DeltaBase {
  if (path.endsWith(".json") && !path.endsWith(".volumes.json")) return { lock: readLock(path) };
  const { lock, lockDigest: digest } = openBundle([path], { alone: true });
  return { lock, digest };
}
