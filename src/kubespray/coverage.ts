// Coverage: every request that a cluster's run will make, compared with what a bundle holds. One request is one file or image for
// one architecture; kubespray checks a file's digest, so other bytes under the same name are no answer.
import type { Lock, LockedFile, LockedImage } from "../core/lock.ts";
import type { Artifact, FileArtifact, ImageArtifact, Plan, Unresolved } from "../core/plan.ts";
import type { RequiredDownloads } from "./required-downloads.ts";

/** A request that the bundle does not answer. */
export interface MissingDownload {
  readonly kind: "file" | "image";
  readonly name: string;
  /** `linux/arm64`. */
  readonly platform: string;
  /** The URL or the image. */
  readonly locator: string;
  readonly reason: string;
}

/** Something in the bundle that no request is for. */
export interface UnusedArtifact {
  readonly kind: "file" | "image";
  readonly locator: string;
  readonly platforms: readonly string[];
}

/** How far a bundle answers a cluster's requests. */
export interface Coverage {
  readonly ok: boolean;
  readonly requests: number;
  readonly satisfied: number;
  /** Architecture → how many hosts of the inventory have it. A host that may have either counts under `unknown`. */
  readonly hosts: Readonly<Record<string, number>>;
  readonly missing: readonly MissingDownload[];
  /** Requests that are not known, and not let through on record. */
  readonly unresolved: readonly Unresolved[];
  readonly unused: readonly UnusedArtifact[];
  readonly notes: readonly string[];
}

/** Compares a plan with a lock. `required` is the plan's, where it was made for an inventory. */
export function checkCoverage(plan: Plan, required: RequiredDownloads | undefined, lock: Lock): Coverage {
  const content = new LockContent(lock, checkedFiles(required));
  const requests = plan.artifacts.flatMap((artifact) => artifact.platforms.map((platform) => ({ artifact, platform })));
  const absent: MissingDownload[] = requests.flatMap(({ artifact, platform }) => {
    const reason = content.use(artifact, platform);
    if (reason === undefined) return [];
    const { kind, name } = artifact;
    return [{ kind, name, locator: kind === "file" ? artifact.url : pinnedName(artifact), platform, reason }];
  });
  const unavailable = plan.unavailable.filter(({ included }) => !included);
  for (const { kind, name, platform, locator, reason } of unavailable)
    absent.push({ kind, name, platform, locator, reason });
  // A cluster needs what it asks for. Without one nobody does, and what upstream lacks and the lock says so is no request.
  const [recorded = [], missing = []] = [true, false].map((is) =>
    absent.filter((item) => (required === undefined && isOnRecord(item, lock)) === is),
  );
  const onRecord = new Set((lock.unresolved ?? []).map(({ kind, name }) => `${kind} ${name}`));
  const unresolved = plan.unresolved.filter(({ kind, name, allowed }) => !allowed && !onRecord.has(`${kind} ${name}`));
  const unknownRequests = unresolved.reduce((sum, { platforms }) => sum + platforms.length, 0);
  const count = requests.length + unavailable.length - recorded.length + unknownRequests;
  return {
    ok: missing.length === 0 && unresolved.length === 0,
    requests: count,
    satisfied: count - missing.length - unknownRequests,
    hosts: required ? hostCounts(required) : {},
    missing,
    unresolved,
    unused: content.unused(),
    notes: [
      ...plan.notes,
      ...recorded.map(({ name, platform }) => `${name} for ${platform}: upstream lacks it, on record in the bundle`),
    ],
  };
}

/** Does the lock say that upstream lacks it? */
function isOnRecord({ kind, platform, locator }: MissingDownload, { unavailable }: Lock): boolean {
  const name = kind === "image" ? locator.replace(/@.*$/, "") : locator;
  return unavailable.some(
    (item) => item.kind === kind && item.platform === platform && item.locator === name && !item.allowed,
  );
}

/** `137 of 137 requests satisfied (3 amd64 hosts, 2 arm64)`. */
export function coverageSummary({ requests, satisfied, hosts }: Coverage): string {
  const counts = Object.entries(hosts).map(([arch, count], index) =>
    index === 0 ? `${count} ${arch} host${count === 1 ? "" : "s"}` : `${count} ${arch}`,
  );
  return `${satisfied} of ${requests} requests satisfied${counts.length > 0 ? ` (${counts.join(", ")})` : ""}`;
}

/** What a lock holds, and what of it was used. */
class LockContent {
  readonly #lock: Lock;
  readonly #files: ReadonlyMap<string, LockedFile>;
  readonly #images: ReadonlyMap<string, LockedImage>;
  readonly #used = new Map<string, Set<string>>();
  readonly #isChecked: (name: string) => boolean;
  constructor(lock: Lock, isChecked: (name: string) => boolean) {
    this.#lock = lock;
    this.#isChecked = isChecked;
    this.#files = new Map(lock.files.map((file) => [file.path, file]));
    this.#images = new Map(lock.images.map((image) => [image.image, image]));
  }

  /** Marks an artifact as used on a platform, or returns why the lock cannot answer for it there. */
  use(artifact: Artifact, platform: string): string | undefined {
    const isFile = artifact.kind === "file";
    const reason = isFile
      ? this.#fileProblem(artifact, platform)
      : imageProblem(artifact, this.#imageOf(artifact), platform);
    if (reason !== undefined) return reason;
    const key = isFile ? `file ${artifact.path}` : `image ${this.#imageOf(artifact)?.image}`;
    this.#used.set(key, (this.#used.get(key) ?? new Set()).add(platform));
    return undefined;
  }

  #fileProblem({ name, path, digest }: FileArtifact, platform: string): string | undefined {
    const file = this.#files.get(path);
    if (!file) return "it is not in the bundle";
    if (!file.platforms.includes(platform)) return `the bundle has it for ${file.platforms.join(", ")} only`;
    if (digest === undefined) return undefined;
    const lockedDigest = digest.startsWith("sha256:") ? file.digest : file.published?.digest;
    // What a user accepted against the published digest, kubespray refuses where it checks.
    if (file.accepted ? !this.#isChecked(name) : lockedDigest === digest) return undefined;
    return `the bundle has other bytes: ${lockedDigest ?? "of no published digest"} instead of ${digest}`;
  }

  /** The image of that name; where it is pinned, any of its repository that has the digest. */
  #imageOf({ image, digest }: ImageArtifact): LockedImage | undefined {
    const named = this.#images.get(image);
    if (digest === undefined || named?.root.digest === digest) return named;
    const repository = repositoryOf(image);
    return (
      this.#lock.images.find((other) => other.root.digest === digest && repositoryOf(other.image) === repository) ??
      named
    );
  }

  unused(): UnusedArtifact[] {
    return [
      ...this.#lock.files.flatMap(({ path, platforms }) => this.#unusedPart("file", path, platforms)),
      ...this.#lock.images.flatMap(({ image, platforms }) => this.#unusedPart("image", image, platforms)),
    ];
  }

  #unusedPart(kind: "file" | "image", locator: string, platforms: readonly string[]): UnusedArtifact[] {
    const used = this.#used.get(`${kind} ${locator}`);
    const unused = platforms.filter((platform) => used?.has(platform) !== true);
    return unused.length > 0 ? [{ kind, locator, platforms: unused }] : [];
  }
}

/** Whether kubespray checks a file of that name: an item with a checksum, and no chart or manifest that tools of the cluster fetch. */
function checkedFiles(required: RequiredDownloads | undefined): (name: string) => boolean {
  if (!required) return () => true;
  const checked = new Set(required.downloads.flatMap(({ item }) => (item.digest === undefined ? [] : [item.name])));
  return (name) => checked.has(name);
}

/** The image as it is asked for. */
function pinnedName({ image, digest }: ImageArtifact): string {
  return digest === undefined ? image : `${image}@${digest}`;
}

/** `registry.k8s.io/pause` of `registry.k8s.io/pause:3.10`. */
function repositoryOf(image: string): string {
  return image.replace(/:[^:/]*$/, "");
}

function imageProblem({ digest }: ImageArtifact, image: LockedImage | undefined, platform: string): string | undefined {
  if (!image) return "it is not in the bundle";
  if (digest !== undefined && image.root.digest !== digest)
    return `the bundle has ${image.root.digest} under that name, and it is asked for by ${digest}`;
  if (image.unavailable?.includes(platform))
    return `upstream has none for ${platform}, and the bundle was made without it`;
  return image.platforms.includes(platform) ? undefined : `the bundle has it for ${image.platforms.join(", ")} only`;
}

function hostCounts({ hosts, unknown }: RequiredDownloads): Record<string, number> {
  const unknownNames = new Set(unknown);
  const counts = [...hosts].map(([{ arch }, names]): [string, number] => [
    arch,
    names.filter((name) => !unknownNames.has(name)).length,
  ]);
  return Object.fromEntries([...counts, ["unknown", unknown.length] as const].filter(([, count]) => count > 0));
}
