// What a profile would leave out of a plan that was made without one, in items and, where a lock knows them, bytes.
import type { Profile } from "../catalog/presets.ts";
import { type Counts, countsOf } from "../core/counts.ts";
import type { Digest } from "../core/digest.ts";
import { type Lock, lockedName } from "../core/lock.ts";
import { artifactName, isRequested, type Plan } from "../core/plan.ts";

/** What would not be there. */
export interface ProfileSavings {
  readonly profile: string;
  readonly counts: Counts;
  /** Of blobs that nothing else needs; undefined where no size is known. */
  readonly bytes: number | undefined;
}

/** What a profile would save; undefined for nothing: what was asked for stays. */
export function profileSavings(plan: Plan, { name, leavesOut }: Profile, lock?: Lock): ProfileSavings | undefined {
  const gone = plan.artifacts.filter((artifact) => artifact.component in leavesOut && !isRequested(artifact, plan));
  const kinds = new Map(gone.map((artifact) => [artifactName(artifact), artifact]));
  for (const artifact of plan.artifacts) if (!gone.includes(artifact)) kinds.delete(artifactName(artifact));
  if (kinds.size === 0) return undefined;
  return { profile: name, counts: countsOf(kinds.values()), bytes: lock && bytesOf(lock, new Set(kinds.keys())) };
}

function bytesOf(lock: Lock, names: ReadonlySet<string>): number {
  const sizes = new Map<Digest, number>();
  const items = [...lock.files, ...lock.images];
  const blobsOf = (item: (typeof items)[number]): readonly { digest: Digest; size: number }[] =>
    "blobs" in item ? item.blobs : [item];
  for (const item of items)
    if (names.has(lockedName(item))) for (const { digest, size } of blobsOf(item)) sizes.set(digest, size);
  for (const item of items)
    if (!names.has(lockedName(item))) for (const { digest } of blobsOf(item)) sizes.delete(digest);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
