// The names that an image answers to inside the gap: its full name, that without its host, and both below k8s/.
import { KsoError } from "../core/errors.ts";
import { formatReference, type Reference } from "../core/reference.ts";

/** The repositories of one image. No registry can serve a repository whose name has a port in it. */
export function repositoriesOf({ host, repository }: Reference): string[] {
  const names = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(host) ? [`${host}/${repository}`, repository] : [repository];
  return [...names, ...names.map((name) => `k8s/${name}`)];
}

/**
 * Two images under one name would overwrite each other without a word.
 * @param identity what tells two images apart where the names do not: their digest, or nothing yet.
 * @throws KsoError `unresolvable` naming both.
 */
export function refuseSharedNames(
  images: readonly { readonly reference: Reference; readonly identity?: string }[],
): void {
  const owners = new Map<string, { readonly image: string; readonly identity: string }>();
  for (const { reference, identity } of images) {
    const image = formatReference(reference);
    const own = { image, identity: identity ?? image };
    for (const name of repositoriesOf(reference)) {
      const shared = `${name}:${reference.tag}`;
      const owner = owners.get(shared) ?? own;
      if (owner.identity !== own.identity) {
        throw new KsoError(
          "unresolvable",
          `Two different images would share the name "${shared}": ${owner.image} and ${image}`,
        );
      }
      owners.set(shared, own);
    }
  }
}
