// Platforms that upstream's image lacks: a failure, or on record where `--allow-missing` or the lock names the image.
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import type { ImageArtifact, Unavailable } from "../core/plan.ts";
import { type FetchOptions, namesOf } from "./options.ts";

/** An image of which upstream has none of the chosen platforms. */
export interface LeftOutImage {
  readonly leftOut: ImageArtifact;
}

/**
 * Checks that what upstream lacks of an image is allowed.
 * @param locked platforms that the lock has on record for it.
 * @throws KsoError `fetch` naming the platforms, and the flag that goes on without them.
 */
export function assertPlatforms(
  artifact: ImageArtifact,
  unavailable: readonly string[],
  locked: readonly string[],
  options: Pick<FetchOptions, "plan" | "allowMissing">,
): void {
  if (unavailable.every((platform) => locked.includes(platform)) || isAllowed(artifact, options)) return;
  const present = artifact.platforms.filter((platform) => !unavailable.includes(platform));
  const others = present.length > 0 ? ` (it has ${present.join(", ")})` : "";
  const allow = `--allow-missing ${artifact.image}`;
  throw new KsoError(
    "fetch",
    `upstream has nothing for ${unavailable.join(", ")}${others}; ${allow} goes on without, on record`,
    undefined,
    { allow },
  );
}

/** Does the lock have on record that upstream has none of the image's platforms? Nobody asks for it again then. */
export function isLeftOut({ image, platforms }: ImageArtifact, { lock }: Pick<FetchOptions, "lock">): boolean {
  const onRecord = lock?.unavailable.filter(({ allowed, locator }) => allowed && locator === image) ?? [];
  const halfImage = lock?.images.find((locked) => locked.image === image)?.unavailable ?? [];
  const missing = [...onRecord.map(({ platform }) => platform), ...halfImage];
  return platforms.every((platform) => missing.includes(platform));
}

/** The record of an image that is left out, for each of the plan's items that want it and each platform. */
export function recordsOf({ image }: ImageArtifact, { plan }: Pick<FetchOptions, "plan">): Unavailable[] {
  return itemsOf(image, plan).flatMap(({ name, component, version, platforms }) =>
    platforms.map((platform) => ({
      kind: "image" as const,
      name,
      component,
      version,
      platform,
      locator: image,
      reason: "upstream's image has none of the chosen platforms (--allow-missing)",
      included: false,
      allowed: true as const,
    })),
  );
}

/** Tells what goes without a platform, so that nothing is left out silently. */
export function noteMissing(
  images: readonly LockedImage[],
  leftOut: readonly ImageArtifact[],
  { progress }: Pick<FetchOptions, "progress">,
): void {
  const missing = [
    ...images.flatMap(({ image, unavailable }) => (unavailable ? [[image, unavailable] as const] : [])),
    ...leftOut.map(({ image, platforms }) => [image, platforms] as const),
  ];
  for (const [image, platforms] of missing)
    progress.note(`${image}: upstream has nothing for ${platforms.join(", ")}; it goes without, on record`);
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
