// What a push says about indexes that name platforms which are not in the bundle.
import { formatCounts } from "../core/counts.ts";
import { pushReason } from "./reason.ts";
import type { PushImage, RegistryState } from "./registry-state.ts";

/** The registry's refusal of an index. */
export function sparseRefusal(cause: unknown): string {
  return `the registry takes no index that names platforms which are not in it (${pushReason(cause)})`;
}

/** What is said once of all images that get new indexes; `why`: who decided it. */
export function trimNote(images: readonly PushImage[], why: string): string {
  const count = images.reduce((sum, image) => sum + image.images.length, 0);
  const platforms = [...new Set(images.flatMap((image) => image.images.flatMap((one) => one.platforms)))];
  const get = count === 1 ? "gets an index" : "get indexes";
  return `${formatCounts({ files: 0, images: count })} ${get} of ${platforms.join(" and ")} alone, ${why}; by their tags they are pulled as ever, and --json lists upstream's digests beside the new ones`;
}

/** Why images are trimmed that an earlier push trimmed. */
export const trimmedBefore = "as an earlier push found that the registry takes no other";

/** Why an image fails that the cluster asks for by its digest. */
export const pinnedAdvice =
  "and the cluster asks for this image by the digest of that index; use another registry, or push with --index trim, which loses the digest";

/** What a dry run says about indexes that a registry may refuse. */
export function sparseNotes(images: readonly PushImage[], state: RegistryState): string[] {
  const unproven = images.filter(
    ({ repository, content }) => content.sparse && !state.hasDocument(repository, content.root),
  );
  if (unproven.length === 0) return [];
  const remedy = unproven.some(({ trimmed }) => trimmed)
    ? "they get new indexes with other digests (--index auto)"
    : "--index trim is for it";
  return [
    `${unproven.length} images name platforms that are not in this bundle; where the registry refuses that, ${remedy}`,
  ];
}
