// What container images are built on: names from flags or from the plan travel in; out travel artifacts that are fetched
// with the plan, and what the lock says about them.
import { KsoError } from "../core/errors.ts";
import type { Lock, LockedImage } from "../core/lock.ts";
import type { ImageArtifact, Plan } from "../core/plan.ts";
import { formatReference, normalizeReference } from "../core/reference.ts";
import type { BaseImages, ContentExporter } from "../export/exporter.ts";
import { locate } from "../plan/mirrors.ts";
import type { Options } from "./flags/table.ts";

/** @throws KsoError `usage` or `unresolvable` for a name that is none. */
export function basesFor(
  { baseImages: bases }: ContentExporter,
  plan: Plan,
  options: Options<"baseFiles" | "baseImages" | "mirror">,
): BaseImages<ImageArtifact> | undefined {
  const own = bases?.(plan);
  if (!own) return undefined;
  const artifact = (kind: keyof BaseImages<string>): ImageArtifact => {
    const named = kind === "files" ? options.baseFiles : options.baseImages;
    const image = named === undefined ? own[kind] : nameOf(named, kind);
    const base: ImageArtifact = {
      kind: "image",
      name: `base_${kind}`,
      component: "kso",
      version: image.replace(/.*:/, ""),
      image,
      platforms: plan.platforms,
      listed: false,
      reason: "what --format image builds on",
      provenance: { version: "kso", name: named === undefined ? "kso" : `--base-${kind}` },
    };
    return locate(base, options.mirror);
  };
  return { files: artifact("files"), images: artifact("images") };
}

function nameOf(text: string, kind: string): string {
  const { digest, ...name } = normalizeReference(text);
  if (digest || name.tag === undefined)
    throw new KsoError("usage", `--base-${kind} wants IMAGE:TAG, not "${text}": its digest is pinned in the lock`);
  return formatReference(name);
}

/** The bases in a lock. @throws KsoError `unexpected` when they are not there. */
export function lockedBases({ images, bases = [] }: Lock, wanted: BaseImages<ImageArtifact>): BaseImages<LockedImage> {
  const find = ({ image }: ImageArtifact): LockedImage => {
    const found = [...bases, ...images].find((one) => one.image === image);
    if (!found) throw new KsoError("unexpected", `The lock lacks ${image}`);
    return found;
  };
  return { files: find(wanted.files), images: find(wanted.images) };
}
