// What is known of the architectures of images: what the last fetch saw, by its lock, before what manifests say.
import { type ComponentImage, findImageFact, type ImageFact, type ImageFactSources } from "../catalog/image-facts.ts";
import { availablePlatforms, type Lock } from "../core/lock.ts";

/** What is known of an image on a platform; undefined where nobody has looked. */
export type ImageKnowledge = (image: ComponentImage, platform: string) => ImageFact | undefined;

/** The knowledge of a catalog, and of the lock of an earlier fetch where there is one. */
export function imageKnowledge(
  sources: ImageFactSources,
  lock?: { readonly lock: Lock; readonly path: string },
): ImageKnowledge {
  return (image, platform) =>
    (lock && factInLock(lock.lock, image.image, platform, lock.path)) ?? findImageFact(sources, image, platform);
}

function factInLock(lock: Lock, image: string, platform: string, source: string): ImageFact | undefined {
  const isGone = lock.unavailable.some(
    (item) => item.kind === "image" && !item.included && item.locator === image && item.platform === platform,
  );
  if (isGone) return { available: false, source };
  const locked = lock.images.find((candidate) => candidate.image === image);
  if (!locked?.platforms.includes(platform)) return undefined;
  return { available: availablePlatforms(locked, lock).includes(platform), source };
}
