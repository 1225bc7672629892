// The images that container images are built on: as artifacts that are fetched with the plan, and as the lock has them then.
import { KsoError } from "../core/errors.ts";
import type { Lock, LockedImage } from "../core/lock.ts";
import type { ImageArtifact, Plan } from "../core/plan.ts";
import { formatReference, normalizeReference } from "../core/reference.ts";
import type { BaseImages, ContentExporter } from "./exporter.ts";

/** Names that replace the exporter's own choice. */
export type BaseImageNames = { readonly [kind in keyof BaseImages<string>]?: string | undefined };

/**
 * The base images of an exporter, or undefined where it builds on none.
 * @throws KsoError `usage` or `unresolvable` for a name that is none.
 */
export function baseImageArtifacts(
  exporter: ContentExporter,
  plan: Plan,
  names: BaseImageNames,
): BaseImages<ImageArtifact> | undefined {
  const defaults = exporter.baseImages?.(plan);
  if (!defaults) return undefined;
  const artifact = (kind: keyof BaseImages<string>): ImageArtifact => {
    const name = names[kind];
    const image = name === undefined ? defaults[kind] : parseName(name, kind);
    return {
      kind: "image",
      name: `base_${kind}`,
      component: "kso",
      version: image.slice(image.lastIndexOf(":") + 1),
      image,
      platforms: plan.platforms,
      listed: false,
      reason: "what --format image builds on",
      provenance: { version: "kso", name: name === undefined ? "kso" : `--base-${kind}` },
    };
  };
  return { files: artifact("files"), images: artifact("images") };
}

function parseName(text: string, kind: string): string {
  const { digest, ...name } = normalizeReference(text);
  if (digest || name.tag === undefined)
    throw new KsoError("usage", `--base-${kind} wants IMAGE:TAG, not "${text}": its digest is pinned in the lock`);
  return formatReference(name);
}

/** The base images as the lock has them. @throws KsoError `unresolvable` when it lacks one. */
export function lockedBaseImages(
  { images, bases = [] }: Lock,
  artifacts: BaseImages<ImageArtifact>,
): BaseImages<LockedImage> {
  const find = ({ image }: ImageArtifact): LockedImage => {
    const locked = [...bases, ...images].find((candidate) => candidate.image === image);
    if (!locked)
      throw new KsoError("unresolvable", `Cannot build on ${image}: upstream has it for none of the chosen platforms`);
    return locked;
  };
  return { files: find(artifacts.files), images: find(artifacts.images) };
}
