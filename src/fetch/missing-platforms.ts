// Platforms that upstream's image lacks: unavailable like a file without an asset where nobody asked for the component; else a failure, or
// on record where `--allow-missing` or the lock names the image.
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import { type ImageArtifact, isRequested, lacksReason, type Unavailable } from "../core/plan.ts";
import { type FetchOptions, namesOf } from "./options.ts";

/** What becomes of the platforms of an image. */
interface JudgedPlatforms {
  /** What it is locked for. */
  readonly platforms: readonly string[];
  /** Those of them that it lacks, on record. */
  readonly unavailable: readonly string[];
  /** Entries of the lock's `unavailable`. */
  readonly records: readonly Unavailable[];
}

/** What of an image is still to be looked for, and what the lock has on record as unavailable. */
interface RecordedImage {
  /** Undefined where all is on record. */
  readonly artifact: ImageArtifact | undefined;
  readonly records: readonly Unavailable[];
}

/**
 * Decides what upstream lacks of an image.
 * @throws KsoError `fetch` where it was asked for and the lack is not allowed: it names the platforms, and the flag that goes on without.
 */
export function judgePlatforms(
  { artifact, locked }: { readonly artifact: ImageArtifact; readonly locked: LockedImage | undefined },
  missing: readonly string[],
  options: Pick<FetchOptions, "plan" | "allowMissing">,
): JudgedPlatforms {
  const { platforms } = artifact;
  const isOnRecord = missing.every((platform) => locked?.unavailable?.includes(platform));
  if (missing.length === 0) return { platforms, unavailable: [], records: [] };
  if (isOnRecord || isAllowed(artifact, options)) {
    const records = missing.length === platforms.length ? allowedRecords(artifact, options) : [];
    return { platforms, unavailable: missing, records };
  }
  const present = platforms.filter((platform) => !missing.includes(platform));
  if (isAskedFor(artifact, options)) throw lacking(artifact, missing, present);
  return { platforms: present, unavailable: [], records: recordsOf(artifact, missing, options) };
}

function lacking(artifact: ImageArtifact, missing: readonly string[], present: readonly string[]): KsoError {
  const others = present.length > 0 ? ` (it has ${present.join(", ")})` : "";
  const allow = `--allow-missing ${artifact.image}`;
  return new KsoError(
    "fetch",
    `upstream has nothing for ${missing.join(", ")}${others}; ${allow} goes on without, on record`,
    undefined,
    { allow },
  );
}

/** What the lock says of an image: nobody looks again for what it has on record as unavailable. */
export function withoutRecorded(artifact: ImageArtifact, options: Pick<FetchOptions, "lock" | "plan">): RecordedImage {
  const { image, platforms } = artifact;
  const entries = options.lock?.unavailable.filter(({ kind, locator }) => kind === "image" && locator === image) ?? [];
  const allowed = entries.filter((entry) => entry.allowed).map(({ platform }) => platform);
  const half = options.lock?.images.find((locked) => locked.image === image)?.unavailable ?? [];
  if (platforms.every((platform) => allowed.includes(platform) || half.includes(platform)))
    return { artifact: undefined, records: allowedRecords(artifact, options) };
  // What is asked for by now was not when the lock was written.
  if (isAskedFor(artifact, options)) return { artifact, records: [] };
  const recorded = entries.filter(({ included }) => !included).map(({ platform }) => platform);
  const [gone, left] = [true, false].map((is) => platforms.filter((platform) => recorded.includes(platform) === is));
  const records = recordsOf(artifact, gone ?? [], options);
  return { artifact: left?.length ? { ...artifact, platforms: left } : undefined, records };
}

function allowedRecords(artifact: ImageArtifact, options: Pick<FetchOptions, "plan">): Unavailable[] {
  const reason = "upstream's image has none of the chosen platforms (--allow-missing)";
  return recordsOf(artifact, artifact.platforms, options).map((record) => ({ ...record, reason, allowed: true }));
}

/** The record of platforms of an image, for each of the plan's items that want it there. */
function recordsOf(
  { image }: ImageArtifact,
  missing: readonly string[],
  { plan }: Pick<FetchOptions, "plan">,
): Unavailable[] {
  return itemsOf(image, plan).flatMap(({ name, component, version, platforms }) =>
    platforms
      .filter((platform) => missing.includes(platform))
      .map((platform) => ({
        kind: "image" as const,
        name,
        component,
        version,
        platform,
        locator: image,
        reason: lacksReason(),
        included: false,
      })),
  );
}

/** Tells what goes without a platform, so that nothing is left out silently. */
export function noteMissing(
  images: readonly LockedImage[],
  records: readonly Unavailable[],
  { progress }: Pick<FetchOptions, "progress">,
): void {
  const missing = [
    ...images.flatMap(({ image, unavailable = [] }) => unavailable.map((platform) => [image, platform] as const)),
    ...records.map(({ locator, platform }) => [locator, platform] as const),
  ];
  for (const [image, entries] of Map.groupBy(missing, ([image]) => image)) {
    const platforms = [...new Set(entries.map(([, platform]) => platform))].join(", ");
    const [record] = records.filter(({ locator, allowed }) => locator === image && !allowed);
    const why = record ? `; nobody asked for ${record.component} by name` : "";
    progress.note(`${image}: upstream has nothing for ${platforms}; it goes without, on record${why}`);
  }
}

function isAskedFor({ image }: ImageArtifact, { plan }: Pick<FetchOptions, "plan">): boolean {
  return itemsOf(image, plan).some((item) => isRequested(item, plan));
}

function isAllowed(
  { image }: ImageArtifact,
  { plan, allowMissing }: Pick<FetchOptions, "plan" | "allowMissing">,
): boolean {
  return itemsOf(image, plan).some((item) => namesOf(item).some((name) => allowMissing.includes(name)));
}

/** The plan's items that want the image. */
function itemsOf(image: string, { artifacts }: FetchOptions["plan"]): ImageArtifact[] {
  return artifacts.filter(
    (artifact): artifact is ImageArtifact => artifact.kind === "image" && artifact.image === image,
  );
}
