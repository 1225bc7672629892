// The names of images in the registry that they are pushed to. Two different images that would get one name are found before
// anything is sent.
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import { isRepository, parseReference } from "../core/reference.ts";
import { nameInRegistry, type RegistryNaming } from "../core/registry-address.ts";

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

/**
 * The names of all images, sorted as they are in the lock.
 * @throws KsoError `unresolvable` naming two images that would get one name, or one whose name no registry takes.
 */
export function nameImages(images: readonly LockedImage[], naming: RegistryNaming, prefix: string): NamedImage[] {
  const named = new Map<string, NamedImage>();
  for (const image of images) {
    const reference = parseReference(image.image);
    const { tag } = reference;
    const repository = nameInRegistry(reference, naming, prefix);
    if (!isRepository(repository))
      throw new KsoError("unresolvable", `Cannot push ${image.image}: "${repository}" is not the name of a repository`);
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
