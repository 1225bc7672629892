// Finds out which architectures the images of a release have, where nobody has looked yet.
import { contributionsOf } from "../../catalog/contributions.ts";
import { mapConcurrently } from "../../core/concurrency.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import type { ComponentManifest } from "../../core/manifest.ts";
import { platformName, platforms } from "../../core/platform.ts";
import type { Plugin, Release } from "../../core/plugin.ts";
import type { Progress } from "../../core/progress.ts";

/** Reads images of registries. */
export interface ImageReader {
  /** Which of the platforms an image is for. @throws KsoError naming why nobody can say. */
  platformsOf(image: string, platforms: readonly string[]): Promise<readonly string[]>;
}

/** An image that was looked up. */
export interface FoundImage {
  readonly component: string;
  readonly image: string;
  /** Architecture → whether there is an image for it. */
  readonly architectures: Readonly<Record<string, boolean>>;
}

/** An image that nobody could look up: what is known of it stays as it was. */
export interface UnknownImage {
  readonly component: string;
  readonly image: string;
  readonly reason: string;
}

/** Which images are looked up, and how. */
export interface FindImagesOptions {
  readonly plugins: readonly Plugin[];
  readonly release: Release;
  /** Is it known for a platform already? */
  isKnown(image: Pick<FoundImage, "component" | "image">, platform: string): boolean;
  readonly reader: ImageReader;
  readonly jobs: number;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** What was found, and what was not. */
export interface FoundImages {
  readonly images: readonly FoundImage[];
  readonly unknown: readonly UnknownImage[];
}

/** Looks up every image of the plugins that is not known yet, each once, several at a time. */
export async function findImages(options: FindImagesOptions): Promise<FoundImages> {
  const { reader, jobs, progress, signal } = options;
  const wanted = unknownImages(options);
  const names = [...new Set(wanted.map(({ image }) => image))];
  progress.expect({ items: names.length, bytes: 0, counts: { files: 0, images: names.length } });
  const answers = new Map<string, FoundImage["architectures"] | string>();
  await mapConcurrently(jobs, names, async (image) => {
    const item = progress.begin(image);
    try {
      const found = await reader.platformsOf(image, platforms.map(platformName));
      const entries = platforms.map((platform) => [platform.arch, found.includes(platformName(platform))] as const);
      answers.set(image, Object.fromEntries(entries));
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!(thrown instanceof KsoError)) throw thrown;
      answers.set(image, messageOf(thrown));
    } finally {
      item.done();
      progress.complete("image");
    }
  });
  const images: FoundImage[] = [];
  const unknown: UnknownImage[] = [];
  for (const { component, image } of wanted) {
    const answer = answers.get(image) ?? "";
    if (typeof answer === "string") unknown.push({ component, image, reason: answer });
    else images.push({ component, image, architectures: answer });
  }
  return { images, unknown };
}

/** The images of which some platform is unknown; a plugin knows better than a registry what it declares unavailable. */
function unknownImages({ plugins, release, isKnown }: FindImagesOptions): Pick<FoundImage, "component" | "image">[] {
  const images = new Map<string, Pick<FoundImage, "component" | "image">>();
  for (const plugin of plugins)
    for (const platform of platforms)
      for (const item of contributionsOf(plugin, release, platform)) {
        if (item.kind === "file" || item.unavailable !== undefined) continue;
        const { component, image } = item;
        if (!isKnown(item, platformName(platform))) images.set(`${component} ${image}`, { component, image });
      }
  return [...images.values()];
}

/** The manifests that change, with what was found in them. */
export function mergeImages(
  existing: ReadonlyMap<string, ComponentManifest | undefined>,
  found: readonly FoundImage[],
): ComponentManifest[] {
  return [...Map.groupBy(found, ({ component }) => component)].map(([name, images]): ComponentManifest => {
    const manifest: ComponentManifest = existing.get(name) ?? { name };
    const tables = structuredClone(manifest.images ?? {}) as Record<string, MutableTable>;
    for (const { image, architectures } of images) {
      const at = image.lastIndexOf(":");
      const repository = image.slice(0, at);
      const table = tables[repository] ?? { source: image.slice(0, image.indexOf("/")), tags: {} };
      table.tags[image.slice(at + 1)] = { ...table.tags[image.slice(at + 1)], ...architectures };
      tables[repository] = table;
    }
    const sorted = Object.entries(tables).sort(([a], [b]) => (a < b ? -1 : 1));
    return { ...manifest, images: Object.fromEntries(sorted) };
  });
}

interface MutableTable {
  source: string;
  tags: Record<string, Readonly<Record<string, boolean>>>;
}

/** `quay.io/a/b:1 has nothing for arm64`, for each image that lacks an architecture. */
export function describeLacks(images: readonly FoundImage[]): string[] {
  return images.flatMap(({ image, architectures }) => {
    const lacks = Object.entries(architectures).flatMap(([arch, available]) => (available ? [] : [arch]));
    return lacks.length > 0 ? [`${image} has nothing for ${lacks.join(" and ")}`] : [];
  });
}

/** What stays unknown, one sentence a registry, with the reason of the first of its images. */
export function describeUnknown(unknown: readonly UnknownImage[]): string[] {
  const hosts = Map.groupBy(unknown, ({ image }) => image.slice(0, image.indexOf("/")));
  return [...hosts].map(([host, images]) => {
    const count = new Set(images.map(({ image }) => image)).size;
    const [first] = images;
    return `${host}: ${count === 1 ? "1 image stays" : `${count} images stay`} unknown: ${first?.image}: ${first?.reason}`;
  });
}
