// The names of images in the registry that they are pushed to. Two different images that would get one name are found before
// anything is sent.
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import { isRepository, parseReference } from "../core/reference.ts";
import { nameInRegistry, type RegistryNaming } from "../core/registry-address.ts";
import type { SiteLayout } from "../core/site-layout.ts";

/** The registry to push to, and the prefix of its repositories. */
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
  /** The image of the bundle; several where one image has several names. */
  readonly images: readonly LockedImage[];
}

/** How images are named in a registry. */
export interface ImageNaming {
  readonly naming: RegistryNaming;
  readonly prefix: string;
  /** Names of the site's own, with the prefix; what it does not name is named by the naming. */
  readonly layout?: SiteLayout | undefined;
}

/**
 * The names of all images, sorted as they are in the lock.
 * @throws KsoError `unresolvable` naming two images that would get one name, or one whose name no registry takes; `usage` for a name
 * of the site's that is not below the prefix.
 */
export function nameImages(images: readonly LockedImage[], options: ImageNaming): NamedImage[] {
  const { naming } = options;
  const named = new Map<string, NamedImage>();
  for (const image of images)
    for (const { repository, tag } of namesOf(image.image, options)) {
      const key = `${repository}:${tag}`;
      const existing = named.get(key);
      const other = existing?.images.find(({ root }) => root.digest !== image.root.digest);
      if (other)
        throw new KsoError(
          "unresolvable",
          `"${other.image}" and "${image.image}" are different images and would both be "${key}" with --map ${naming}; nothing was sent; push with --map keep-host`,
        );
      named.set(key, { repository, tag, images: [...(existing?.images ?? []), image] });
    }
  return [...named.values()];
}

/** The names that an image gets, each below the prefix. */
function namesOf(image: string, { naming, prefix, layout }: ImageNaming): Omit<NamedImage, "images">[] {
  const own = layout?.images.get(image);
  const reference = parseReference(image);
  const names = own
    ? [...own].map((name) => ({
        repository: name.slice(0, name.lastIndexOf(":")),
        tag: name.slice(name.lastIndexOf(":") + 1),
      }))
    : [{ repository: nameInRegistry(reference, naming, prefix), tag: reference.tag }];
  for (const { repository } of names) {
    if (!isRepository(repository))
      throw new KsoError("unresolvable", `Cannot push ${image}: "${repository}" is not the name of a repository`);
    if (prefix !== "" && !repository.startsWith(`${prefix}/`))
      throw new KsoError(
        "usage",
        `Cannot push ${image} as the inventory asks for it: "${repository}" is not below "${prefix}"; name the registry without it`,
      );
  }
  return names;
}
