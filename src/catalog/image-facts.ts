// What is known of the architectures of images before any registry is asked: manifests hold it beside the digests of files, and
// `kso manifests update` learns it. Nothing known is no statement: nobody has looked.
import type { ComponentManifest, ImageTable } from "../core/manifest.ts";
import { architectureName } from "../core/platform.ts";
import type { Overlay } from "./catalog.ts";

/** Whether an image has something for a platform, and who says so. */
export interface ImageFact {
  readonly available: boolean;
  readonly source: string;
}

/** An image of a component, by its full name. */
export interface ComponentImage {
  readonly component: string;
  readonly image: string;
}

/** Where facts are looked up: the user's manifests come before the embedded ones. */
export interface ImageFactSources {
  component(name: string): ComponentManifest | undefined;
  overlay?(name: string): Overlay | undefined;
}

/** The tag under which a manifest has what is so for all tags of a repository. */
const everyTag = "*";

/** What is known of an image on a platform; undefined where nobody has looked. */
export function findImageFact(
  sources: ImageFactSources,
  { component, image }: ComponentImage,
  platform: string,
): ImageFact | undefined {
  const overlay = sources.overlay?.(component)?.manifest.images;
  return factIn(overlay, image, platform) ?? factIn(sources.component(component)?.images, image, platform);
}

function factIn(
  tables: Readonly<Record<string, ImageTable>> | undefined,
  image: string,
  platform: string,
): ImageFact | undefined {
  const at = image.lastIndexOf(":");
  const table = tables?.[image.slice(0, at)];
  const arch = architectureName(platform);
  const available = table?.tags[image.slice(at + 1)]?.[arch] ?? table?.tags[everyTag]?.[arch];
  return table && available !== undefined ? { available, source: table.source } : undefined;
}
