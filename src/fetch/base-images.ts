// Base images, which an export builds on, are fetched together with a plan's artifacts and are separate from them in the lock.
import type { Lock, LockedImage } from "../core/lock.ts";
import type { ImageArtifact, Plan } from "../core/plan.ts";

/** The plan with the base images among its artifacts, to be fetched. */
export function addBaseImages(plan: Plan, baseImages: readonly ImageArtifact[]): Plan {
  return { ...plan, artifacts: [...plan.artifacts, ...baseImages] };
}

/** A lock with its base images among its images, so that a run that fetches them again keeps to their digests. */
export function joinBaseImages(lock: Lock): Lock {
  return { ...lock, images: [...lock.images, ...(lock.bases ?? [])] };
}

/** The lock of a fetched plan with base images apart from the plan's images; those of an earlier lock stay in it. */
export function separateBaseImages(lock: Lock, plan: Plan, earlier: Lock | undefined): Lock {
  const names = new Set(plan.artifacts.map((artifact) => (artifact.kind === "image" ? artifact.image : undefined)));
  const bases = new Map<string, LockedImage>();
  for (const base of [...(earlier?.bases ?? []), ...lock.images])
    if (!names.has(base.image)) bases.set(base.image, base);
  const sorted = [...bases.values()].sort((a, b) => (a.image < b.image ? -1 : 1));
  return {
    ...lock,
    images: lock.images.filter(({ image }) => names.has(image)),
    ...(sorted.length > 0 && { bases: sorted }),
  };
}
