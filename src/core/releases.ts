// Several releases in one plan or lock: what they are called together, and the lock of one of them.
import { KsoError } from "./errors.ts";
import type { Lock } from "./lock.ts";
import type { PlannedRelease, ReleaseStep } from "./plan.ts";

/** A plan or a lock, as far as it says what it is for. */
interface Released {
  readonly release: PlannedRelease;
  readonly kubernetes: string;
  readonly releases?: readonly ReleaseStep[];
}

/** The releases of a plan or a lock, one or several, oldest first. */
export function releasesOf({ release, kubernetes, releases }: Released): readonly ReleaseStep[] {
  return releases ?? [{ ...release, kubernetes }];
}

/** `2.31.0`, or `2.29.1-to-2.31.0`: their versions as one word, such as the tag of an image. */
export function releasesTag(of: Released): string {
  const [first, ...others] = releasesOf(of);
  return [first, ...others.slice(-1)].map((release) => release?.version).join("-to-");
}

/** `kubespray-2.31.0`, or `kubespray-2.29.1-to-2.31.0`: their name as one word, such as that of a file. */
export function releasesName(of: Released): string {
  return of.releases ? `kubespray-${releasesTag(of)}` : of.release.name;
}

/** `kubespray-2.31.0, Kubernetes 1.35.4`, or `kubespray 2.29.1, 2.30.0 and 2.31.0`: in sentences. */
export function releasesText(of: Released): string {
  return of.releases
    ? `kubespray ${listed(of.releases.map(({ version }) => version))}`
    : `${of.release.name}, Kubernetes ${of.kubernetes}`;
}

/** `2.29.1, 2.30.0 and 2.31.0`. */
export function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" and ");
}

/** The lock of each release, oldest first: that of one release is the lock itself. */
export function locksOf(lock: Lock): readonly Lock[] {
  return lock.releases ? lock.releases.map(({ version }) => lockOf(lock, version)) : [lock];
}

/**
 * The lock of one release: what a fetch of that release alone would have written.
 * @throws KsoError `usage` when the lock is not for it; the message says what it is for.
 */
export function lockOf(lock: Lock, version: string): Lock {
  const step = releasesOf(lock).find((release) => release.version === version);
  if (!step) throw new KsoError("usage", `It is for ${releasesText(lock)}, not for kubespray ${version}`);
  if (!lock.releases) return lock;
  const { releases: _, files, images, unavailable, unresolved = [], ...common } = lock;
  const { kubernetes, ...release } = step;
  const own = wantedBy(unresolved, version);
  return {
    ...common,
    schema: "kso.lock/1",
    release,
    kubernetes,
    files: wantedBy(files, version),
    images: wantedBy(images, version),
    unavailable: wantedBy(unavailable, version),
    ...(own.length > 0 && { unresolved: own }),
  };
}

/** The items that a release wants, as they are in its own plan or lock. */
export function wantedBy<T extends { readonly releases?: readonly string[] }>(
  items: readonly T[],
  version: string,
): T[] {
  return items.flatMap((item) => {
    const { releases, ...own } = item;
    return releases?.includes(version) === false ? [] : [own as T];
  });
}
