// What an image is called in the registry that it is pushed to. Two different images that would get one name are found before
// anything is sent.
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import { isRepository, parseReference } from "../core/reference.ts";
import { didYouMean } from "../core/suggest.ts";

/**
 * `strip-host`: `library/nginx` of `docker.io/library/nginx`, as kubespray's own documents and a plain containerd mirror ask
 * for it. `keep-host`: `docker.io/library/nginx`. `flatten`: `library-nginx`, for registries that take one level only.
 */
export const mappings = ["strip-host", "keep-host", "flatten"] as const;
export type Mapping = (typeof mappings)[number];

/** Where a registry is, and below what its repositories are to lie. */
export interface PushRegistry {
  /** `https://harbor.example`. */
  readonly base: string;
  /** `harbor.example:443`: what credentials are looked up for. */
  readonly host: string;
  /** `kubespray`, or empty. */
  readonly prefix: string;
}

/** An image under its new name. */
export interface NamedImage {
  readonly repository: string;
  readonly tag: string;
  /** What is there: several images of the bundle where they are one and the same. */
  readonly images: readonly LockedImage[];
}

/** Takes the word behind `--map`. @throws KsoError `usage` when it is none of them. */
export function parseMapping(text: string): Mapping {
  const found = mappings.find((mapping) => mapping === text);
  if (found) return found;
  throw new KsoError("usage", `--map is ${mappings.join(", ")}, not "${text}"${didYouMean(text, mappings)}`);
}

/** The name of a repository below the prefix, or an invalid name where none can be made. */
export function repositoryFor(image: string, mapping: Mapping, prefix: string): string {
  const { host, repository } = parseReference(image);
  // A colon separates the tag, so a port cannot stand in a repository's name.
  const withHost = `${host.toLowerCase().replace(":", "-")}/${repository}`;
  const name = { "strip-host": repository, "keep-host": withHost, flatten: repository.replaceAll("/", "-") }[mapping];
  return prefix === "" ? name : `${prefix}/${name}`;
}

/**
 * The names of all images, sorted as they are in the lock.
 * @throws KsoError `unresolvable` naming two images that would get one name, or one whose name no registry takes.
 */
export function nameImages(images: readonly LockedImage[], mapping: Mapping, prefix: string): NamedImage[] {
  const named = new Map<string, NamedImage>();
  for (const image of images) {
    const { tag } = parseReference(image.image);
    const repository = repositoryFor(image.image, mapping, prefix);
    if (!isRepository(repository))
      throw new KsoError("unresolvable", `Cannot push ${image.image}: "${repository}" is not the name of a repository`);
    const key = `${repository}:${tag}`;
    const existing = named.get(key);
    const other = existing?.images.find(({ root }) => root.digest !== image.root.digest);
    if (other)
      throw new KsoError(
        "unresolvable",
        `"${other.image}" and "${image.image}" are different images and would both be "${key}" with --map ${mapping}; nothing was sent; push with --map keep-host`,
      );
    named.set(key, { repository, tag, images: [...(existing?.images ?? []), image] });
  }
  return [...named.values()];
}
