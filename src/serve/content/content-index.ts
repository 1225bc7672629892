// Bundles travel in; what clients may ask for, by every name it has inside the gap, travels out. Names and digests only: where
// bytes lie is known, and none of them is read here. Of a stack the newest lock is asked first, then those below it, so that
// what an upgrade still needs of the old release stays there.
import { type Bundle, type BundleLayer, lockOf } from "../../bundle/open.ts";
import type { Descriptor, Extent } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { fileMediaType, type Lock } from "../../core/lock.ts";
import { namesInside, parseReference } from "../../core/reference.ts";
import { manifestKind } from "../../oci/manifest.ts";

/** A file as it is served. */
export interface IndexedFile {
  /** `<origin host>/<path>`, as the lock has it. */
  readonly path: string;
  readonly blob: Descriptor;
}

/** What one repository name stands for. */
export interface IndexedRepository {
  readonly name: string;
  readonly tags: ReadonlyMap<string, Descriptor>;
  /** Full names, by tag. */
  readonly images: ReadonlyMap<string, string>;
}

export interface ContentIndex {
  /** What the bundles hold: the lock of each top first, then of what lies below. */
  readonly locks: readonly Lock[];
  readonly bundles: readonly Bundle[];
  /** By path, percent-decoded, without `k8s/`. */
  readonly files: ReadonlyMap<string, IndexedFile>;
  /** By every name inside the gap. */
  readonly repositories: ReadonlyMap<string, IndexedRepository>;
  /** Full names, sorted: `registry.k8s.io/pause`. */
  readonly catalog: readonly string[];
  /** Everything that an image consists of. */
  readonly blobs: ReadonlyMap<Digest, Descriptor>;
  /** Image indexes and image manifests. */
  readonly manifests: ReadonlyMap<Digest, Descriptor>;
  /** Where a blob's bytes lie; undefined when the bundles lack it. */
  locate(digest: Digest): readonly Extent[] | undefined;
}

interface Draft {
  readonly name: string;
  readonly tags: Map<string, Descriptor>;
  readonly images: Map<string, string>;
  /** Who gave a tag. */
  readonly owners: Map<string, { readonly bundle: Bundle; readonly image: string }>;
}

/** @throws KsoError `usage` when two bundles have different things under one name. */
export function indexBundles(bundles: readonly Bundle[]): ContentIndex {
  const locks = new Map<BundleLayer, Lock>();
  const files = new Map<string, IndexedFile>();
  const givers = new Map<string, Bundle>();
  const repositories = new Map<string, Draft>();
  const catalog = new Set<string>();
  const blobs = new Map<Digest, Descriptor>();
  const manifests = new Map<Digest, Descriptor>();

  const addFile = (bundle: Bundle, path: string, blob: Descriptor): void => {
    const key = decodePath(path) ?? path;
    const there = files.get(key);
    if (!there) {
      files.set(key, { path, blob });
      givers.set(key, bundle);
    } else if (there.blob.digest !== blob.digest && givers.get(key) !== bundle)
      throw twoOf(`the file ${path}`, bundle, givers.get(key) as Bundle);
  };
  const addImage = (bundle: Bundle, image: string, root: Descriptor): void => {
    const { tag, ...rest } = parseReference(image);
    for (const name of namesInside(rest)) {
      const draft = repositories.get(name) ?? { name, tags: new Map(), images: new Map(), owners: new Map() };
      repositories.set(name, draft);
      const there = draft.tags.get(tag);
      const owner = draft.owners.get(tag);
      if (there && owner) {
        if (there.digest !== root.digest && owner.bundle !== bundle)
          throw twoOf(`${name}:${tag} (${owner.image} and ${image})`, bundle, owner.bundle);
        continue;
      }
      draft.tags.set(tag, root);
      draft.images.set(tag, image);
      draft.owners.set(tag, { bundle, image });
    }
    catalog.add(`${rest.host}/${rest.repository}`);
  };

  for (const bundle of bundles) {
    for (const layer of bundle.layers.toReversed()) {
      const lock = layer === bundle.layers.at(-1) ? bundle.lock : (locks.get(layer) ?? lockOf(layer));
      locks.set(layer, lock);
      for (const { path, digest, size } of lock.files)
        addFile(bundle, path, { mediaType: fileMediaType, digest, size });
      for (const { image, root, blobs: all } of lock.images) {
        for (const blob of all) {
          if (!blobs.has(blob.digest)) blobs.set(blob.digest, blob);
          if (manifestKind(blob.mediaType)) manifests.set(blob.digest, blob);
        }
        addImage(bundle, image, root);
      }
    }
  }
  return {
    locks: [...locks.values()],
    bundles,
    files,
    repositories,
    catalog: [...catalog].sort(),
    blobs,
    manifests,
    locate(digest) {
      for (const bundle of bundles) {
        const found = bundle.locate(digest);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** A path without its percent-encoding; undefined when that is broken. */
export function decodePath(path: string): string | undefined {
  try {
    return path.includes("%") ? decodeURIComponent(path) : path;
  } catch {
    return undefined;
  }
}

function twoOf(what: string, one: Bundle, other: Bundle): KsoError {
  return new KsoError(
    "usage",
    `Cannot serve ${one.path} and ${other.path} together: they have different bytes for ${what}; serve them on ports of their own`,
  );
}
