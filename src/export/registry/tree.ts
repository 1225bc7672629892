// The storage of a distribution registry (https://distribution.github.io/distribution/about/architecture/, package
// registry/storage, paths.go): blobs once, by digest, and for each repository small files that lead to them. These are the
// paths, computed from the lock.
import type { BlobSource, Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestParts } from "../../core/digest.ts";
import type { Lock } from "../../core/lock.ts";
import { parseReference } from "../../core/reference.ts";
import { manifestKind } from "../../oci/manifest.ts";
import { repositoriesOf } from "../repositories.ts";
import { referrerLists } from "./referrer-lists.ts";

/** Blobs, and the files that lead to them. */
export interface RegistryTree {
  /** Each blob once, sorted by digest. */
  readonly blobs: readonly Descriptor[];
  /** Path below the root → a blob that is in no source, because it was made for this tree. */
  readonly texts: ReadonlyMap<string, string>;
  /** Path below the root → the digest that the file there holds. Sorted bytewise. */
  readonly links: ReadonlyMap<string, Digest>;
}

const root = "docker/registry/v2";
/** The directory of the repositories, below the root. */
export const repositoriesFolder: string = `${root}/repositories`;

/** The path of a blob's bytes, below the root. */
export function dataPath(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `${root}/blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
}

/**
 * The tree of a lock, with lists of what refers to its images as far as the source has it. Its names must have been checked: of two
 * images under one name, the last would win.
 */
export function registryTree({ images }: Pick<Lock, "images">, source: BlobSource): RegistryTree {
  const texts = new Map<string, string>();
  const named = images.map((image) => ({ ...image, reference: parseReference(image.image) }));
  const links = new Map<string, Digest>();
  const blobs = new Map<Digest, Descriptor>();
  for (const image of named) {
    const lists = referrerLists(image, source);
    const imageLinks = [
      ...linksOf(image.root, image.blobs, image.reference.tag),
      ...lists.flatMap(({ index, tag }) => linksOf(index, [index], tag)),
    ];
    for (const { index, text } of lists) texts.set(dataPath(index.digest), text);
    for (const repository of repositoriesOf(image.reference))
      for (const [path, digest] of imageLinks) links.set(`${repositoriesFolder}/${repository}/${path}`, digest);
    for (const blob of image.blobs) blobs.set(blob.digest, blob);
  }
  return {
    blobs: [...blobs.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    texts: new Map([...texts].sort(([a], [b]) => (a < b ? -1 : 1))),
    links: new Map([...links].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The links of an image, below one repository. What is neither an index nor a manifest counts as a layer, configurations too. */
function linksOf(top: Descriptor, blobs: readonly Descriptor[], tag: string): [path: string, digest: Digest][] {
  const path = (folder: string, digest: Digest): string => `${folder}/${digest.replace(":", "/")}/link`;
  return [
    ...blobs.map(({ mediaType, digest }): [string, Digest] => [
      path(manifestKind(mediaType) ? "_manifests/revisions" : "_layers", digest),
      digest,
    ]),
    [path(`_manifests/tags/${tag}/index`, top.digest), top.digest],
    [`_manifests/tags/${tag}/current/link`, top.digest],
  ];
}
