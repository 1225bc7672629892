// The proof: every request that a cluster's run will make, held against what a bundle holds. One request is one file or image for
// one architecture; kubespray checks a file's digest, so other bytes under the same name are no answer.
import type { Lock, LockedFile } from "../core/lock.ts";
import type { Artifact, FileArtifact, Plan } from "../core/plan.ts";
import type { Platform } from "../core/platform.ts";
import type { RequiredDownloads } from "./required-downloads.ts";

/** A request that the bundle does not answer. */
export interface MissingDownload {
  readonly kind: "file" | "image";
  readonly name: string;
  /** `linux/arm64`. */
  readonly platform: string;
  /** The URL or the image; for what cannot be evaluated, the expression. */
  readonly locator: string;
  readonly reason: string;
}

/** Something in the bundle that no request is for. */
export interface UnusedArtifact {
  readonly kind: "file" | "image";
  readonly locator: string;
  readonly platforms: readonly string[];
}

export interface Coverage {
  readonly ok: boolean;
  readonly requests: number;
  readonly satisfied: number;
  /** Architecture → how many hosts of the inventory have it. A host that may have either counts under `unknown`. */
  readonly hosts: Readonly<Record<string, number>>;
  readonly missing: readonly MissingDownload[];
  readonly unneeded: readonly UnusedArtifact[];
  readonly notes: readonly string[];
}

/** Holds a plan against a lock. `demands` are the plan's, where it was made for an inventory. */
export function checkCoverage(plan: Plan, demands: RequiredDownloads | undefined, lock: Lock): Coverage {
  const files = new Map(lock.files.map((file) => [file.path, file]));
  const images = new Map(lock.images.map((image) => [image.image, image]));
  const used = new Map<string, Set<string>>();
  const missing: MissingDownload[] = [];
  let requests = 0;
  for (const artifact of plan.artifacts) {
    for (const platform of artifact.platforms) {
      requests++;
      const reason =
        artifact.kind === "file"
          ? wrongWith(artifact, files.get(artifact.path), platform)
          : lacking(images.get(artifact.image), platform);
      if (reason === undefined) used.set(keyOf(artifact), (used.get(keyOf(artifact)) ?? new Set()).add(platform));
      else missing.push({ ...pick(artifact), platform, reason });
    }
  }
  for (const { kind, name, platform, locator, reason, included } of plan.unavailable) {
    if (included) continue;
    requests++;
    missing.push({ kind, name, platform, locator, reason });
  }
  return {
    ok: missing.length === 0,
    requests,
    satisfied: requests - missing.length,
    hosts: demands ? hostsOf(demands) : {},
    missing,
    unneeded: unneededOf(lock, used),
    notes: plan.notes,
  };
}

/** `137 of 137 requests satisfied (3 amd64 hosts, 2 arm64)`. */
export function coverageSummary({ requests, satisfied, hosts }: Coverage): string {
  const counts = Object.entries(hosts).map(([arch, count], index) =>
    index === 0 ? `${count} ${arch} host${count === 1 ? "" : "s"}` : `${count} ${arch}`,
  );
  return `${satisfied} of ${requests} requests satisfied${counts.length > 0 ? ` (${counts.join(", ")})` : ""}`;
}

function wrongWith({ digest }: FileArtifact, file: LockedFile | undefined, platform: string): string | undefined {
  if (!file) return "it is not in the bundle";
  if (!file.platforms.includes(platform)) return `the bundle has it for ${file.platforms.join(", ")} only`;
  if (digest === undefined) return undefined;
  const held = digest.startsWith("sha256:") ? file.digest : file.published?.digest;
  // Bytes that were accepted against what is published are what kubespray will refuse.
  if (held === digest && !file.accepted) return undefined;
  return `the bundle has other bytes: ${held ?? "of no published digest"} instead of ${digest}`;
}

function lacking(image: Lock["images"][number] | undefined, platform: string): string | undefined {
  if (!image) return "it is not in the bundle";
  if (image.unavailable?.includes(platform))
    return `upstream has none for ${platform}, and the bundle was made without it`;
  return image.platforms.includes(platform) ? undefined : `the bundle has it for ${image.platforms.join(", ")} only`;
}

function keyOf(artifact: Artifact): string {
  return artifact.kind === "file" ? `file ${artifact.path}` : `image ${artifact.image}`;
}

function pick(artifact: Artifact): Pick<MissingDownload, "kind" | "name" | "locator"> {
  const locator = artifact.kind === "file" ? artifact.url : artifact.image;
  return { kind: artifact.kind, name: artifact.name, locator };
}

function hostsOf({ hosts, unknown }: RequiredDownloads): Record<string, number> {
  const sure = (platform: Platform): number =>
    (hosts.get(platform) ?? []).filter((name) => !unknown.includes(name)).length;
  const counts = [...hosts.keys()].map((platform): [string, number] => [platform.arch, sure(platform)]);
  const all: [string, number][] = [...counts, ["unknown", unknown.length]];
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

function unneededOf(lock: Lock, used: ReadonlyMap<string, ReadonlySet<string>>): UnusedArtifact[] {
  const rest = (kind: "file" | "image", locator: string, platforms: readonly string[]): UnusedArtifact[] => {
    const left = platforms.filter((platform) => !used.get(`${kind} ${locator}`)?.has(platform));
    return left.length > 0 ? [{ kind, locator, platforms: left }] : [];
  };
  return [
    ...lock.files.flatMap(({ path, platforms }) => rest("file", path, platforms)),
    ...lock.images.flatMap(({ image, platforms }) => rest("image", image, platforms)),
  ];
}
