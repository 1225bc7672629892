// Which releases want each item of a lock: what is fetched once stands in it once for all that want it under the same names.
import type { Lock, LockedFile, LockedImage } from "../core/lock.ts";
import type { Artifact, FileArtifact, ImageArtifact, Plan, Unavailable } from "../core/plan.ts";

/** The lock of earlier without its releases: whatever a plan is for, its items are fetched exactly so. */
export function withoutReleases(lock: Lock): Lock {
  if (!lock.releases) return lock;
  const { releases: _, files, images, ...common } = lock;
  return { ...common, schema: "kso.lock/1", files: files.map(withoutOwn), images: images.map(withoutOwn) };
}

function withoutOwn<T extends { readonly releases?: readonly string[] }>({ releases: _, ...item }: T): T {
  return item as T;
}

/** The lock of a plan; for several releases, with those that want each item. */
export function withReleases(lock: Lock, plan: Plan): Lock {
  const { releases } = plan;
  if (!releases) return lock;
  const wanted = new WantedItems(plan);
  return {
    ...lock,
    schema: "kso.lock/2",
    releases,
    files: lock.files.flatMap((file) => wanted.variantsOf(file, `file ${file.path}`)),
    images: lock.images.flatMap((image) => wanted.variantsOf(image, `image ${image.image}`)),
    unavailable: lock.unavailable.map((item) => (item.releases ? item : wanted.withReleases(item))),
  };
}

/** The names that a release has for an item. */
type Names = Pick<Artifact, "name" | "component" | "version">;

class WantedItems {
  readonly #releases: readonly string[];
  /** Kind and name inside the air gap → the artifacts that want it. */
  readonly #artifacts: ReadonlyMap<string, readonly Artifact[]>;

  constructor({ artifacts, releases = [] }: Plan) {
    this.#releases = releases.map(({ version }) => version);
    this.#artifacts = Map.groupBy(artifacts, keyOf);
  }

  /** The item once for each set of names that releases have for it, with those releases. */
  variantsOf<T extends LockedFile | LockedImage>(item: T, key: string): T[] {
    const variants = new Map<string, Names & { readonly releases: string[] }>();
    for (const release of this.#releases) {
      const artifact = this.#artifacts.get(key)?.find(({ releases }) => releases?.includes(release));
      if (!artifact) continue;
      const { name, component, version } = artifact;
      const names = JSON.stringify([name, component, version]);
      const earlier = variants.get(names)?.releases ?? [];
      variants.set(names, { name, component, version, releases: [...earlier, release] });
    }
    return [...variants.values()].map((variant) => ({ ...item, ...variant }));
  }

  /** What the fetch found to be unavailable, with the releases that want it. */
  withReleases(item: Unavailable): Unavailable {
    const wanting = this.#artifacts.get(`${item.kind} ${item.locator}`) ?? [];
    const own = wanting.filter(({ name, version }) => name === item.name && version === item.version);
    const releases = this.#releases.filter((release) => own.some((artifact) => artifact.releases?.includes(release)));
    return { ...item, releases: releases.length > 0 ? releases : this.#releases };
  }
}

function keyOf(artifact: FileArtifact | ImageArtifact): string {
  return artifact.kind === "file" ? `file ${artifact.path}` : `image ${artifact.image}`;
}
