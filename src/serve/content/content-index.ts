// The names and digests of bundles, for lookup; no content is read here. Of a stack of archives the newest lock comes first, then
// those below it, so that what an upgrade still needs of the old release is found.
import { basename } from "node:path";
import { type Bundle, readArchiveLock, type StackedArchive } from "../../bundle/open.ts";
import type { Descriptor, Extent } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { fileMediaType, type Lock } from "../../core/lock.ts";
import { namesInside, parseReference } from "../../core/reference.ts";
import { locksOf } from "../../core/releases.ts";
import { manifestKind } from "../../oci/manifest.ts";

/** A file as it is served. */
export interface IndexedFile {
  /** `<origin host>/<path>`, as the lock has it. */
  readonly path: string;
  readonly blob: Descriptor;
}

/** The tags of one repository name. */
export interface IndexedRepository {
  readonly name: string;
  readonly tags: ReadonlyMap<string, Descriptor>;
}

/** The lock of one release that is served, and the bundle that it came in. */
export interface ServedLock {
  readonly lock: Lock;
  /** The digest of the bundle's lock, which may be for several releases. */
  readonly lockDigest: Digest;
  /** The bundle is for several releases. */
  readonly isPart: boolean;
  /** The names of the bundle's files, the base first. */
  readonly bundle: readonly string[];
}

/** What clients may request, by every name that it has inside the air gap. */
export interface ContentIndex {
  /** The locks of all archives, one for each release; of each stack the top first, of each archive the newest release. */
  readonly locks: readonly Lock[];
  /** The same with what they came in. */
  readonly served: readonly ServedLock[];
  readonly bundles: readonly Bundle[];
  /** By path, percent-decoded, without `k8s/`. */
  readonly files: ReadonlyMap<string, IndexedFile>;
  /** By every name inside the air gap. */
  readonly repositories: ReadonlyMap<string, IndexedRepository>;
  /** Full names, sorted: `registry.k8s.io/pause`. */
  readonly catalog: readonly string[];
  /** Every blob of every image. */
  readonly blobs: ReadonlyMap<Digest, Descriptor>;
  /** Image indexes and image manifests. */
  readonly manifests: ReadonlyMap<Digest, Descriptor>;
  /** Files that no bundle has and that are made of what it has, by the digest of their bytes. */
  readonly generated: ReadonlyMap<Digest, Uint8Array<ArrayBuffer>>;
  /** Where a blob's bytes lie; undefined when the bundles lack it. */
  locate(digest: Digest): readonly Extent[] | undefined;
}

/** A repository, and which bundle each tag comes from. */
interface RepositoryDraft {
  readonly name: string;
  readonly tags: Map<string, Descriptor>;
  readonly sources: Map<string, { readonly bundle: Bundle; readonly image: string }>;
}

/**
 * Indexes the names and digests of bundles.
 * @throws KsoError `usage` when two bundles have different things under one name.
 */
export function indexBundles(bundles: readonly Bundle[]): ContentIndex {
  const locks = new Map<StackedArchive, Lock>();
  const served: ServedLock[] = [];
  const content = new IndexBuilder();
  for (const bundle of bundles) {
    const names = bundle.archives.map(({ path }) => basename(path));
    for (const archive of bundle.archives.toReversed()) {
      const known = locks.get(archive);
      const lock = archive === bundle.archives.at(-1) ? bundle.lock : (known ?? readArchiveLock(archive));
      content.addLock(bundle, lock);
      if (known) continue;
      locks.set(archive, lock);
      const common = { lockDigest: archive.lockDigest, bundle: names.slice(0, bundle.archives.indexOf(archive) + 1) };
      const parts = locksOf(lock).toReversed();
      served.push(...parts.map((part) => ({ ...common, lock: part, isPart: parts.length > 1 })));
    }
  }
  const { files, repositories, catalog, blobs, manifests } = content;
  return {
    locks: served.map(({ lock }) => lock),
    served,
    bundles,
    files,
    repositories,
    catalog: [...catalog].sort(),
    blobs,
    manifests,
    generated: new Map(),
    locate(digest) {
      for (const bundle of bundles) {
        const extents = bundle.locate(digest);
        if (extents) return extents;
      }
      return undefined;
    },
  };
}

/** The maps of a content index, filled lock by lock; of two entries of one bundle with one name the first stays. */
class IndexBuilder {
  readonly files = new Map<string, IndexedFile>();
  readonly repositories = new Map<string, RepositoryDraft>();
  readonly catalog = new Set<string>();
  readonly blobs = new Map<Digest, Descriptor>();
  readonly manifests = new Map<Digest, Descriptor>();
  readonly #fileSources = new Map<string, Bundle>();

  addLock(bundle: Bundle, lock: Lock): void {
    for (const { path, digest, size } of lock.files)
      this.#addFile(bundle, path, { mediaType: fileMediaType, digest, size });
    for (const { image, root, blobs } of lock.images) {
      for (const blob of blobs) this.#addBlob(blob);
      this.#addImage(bundle, image, root);
    }
  }

  #addFile(bundle: Bundle, path: string, blob: Descriptor): void {
    const key = decodePath(path) ?? path;
    const existing = this.files.get(key);
    const source = this.#fileSources.get(key);
    if (!(existing && source)) {
      this.files.set(key, { path, blob });
      this.#fileSources.set(key, bundle);
    } else if (existing.blob.digest !== blob.digest && source !== bundle)
      throw conflict(`the file ${path}`, bundle, source);
  }

  #addBlob(blob: Descriptor): void {
    if (!this.blobs.has(blob.digest)) this.blobs.set(blob.digest, blob);
    if (manifestKind(blob.mediaType)) this.manifests.set(blob.digest, blob);
  }

  #addImage(bundle: Bundle, image: string, root: Descriptor): void {
    const { tag, ...reference } = parseReference(image);
    for (const name of namesInside(reference)) {
      const draft = this.#draftOf(name);
      const existing = draft.tags.get(tag);
      const source = draft.sources.get(tag);
      if (!(existing && source)) {
        draft.tags.set(tag, root);
        draft.sources.set(tag, { bundle, image });
      } else if (existing.digest !== root.digest && source.bundle !== bundle)
        throw conflict(`${name}:${tag} (${source.image} and ${image})`, bundle, source.bundle);
    }
    this.catalog.add(`${reference.host}/${reference.repository}`);
  }

  #draftOf(name: string): RepositoryDraft {
    const existing = this.repositories.get(name);
    if (existing) return existing;
    const draft: RepositoryDraft = { name, tags: new Map(), sources: new Map() };
    this.repositories.set(name, draft);
    return draft;
  }
}

/** Returns a path without its percent-encoding; undefined when that is broken. */
export function decodePath(path: string): string | undefined {
  try {
    return path.includes("%") ? decodeURIComponent(path) : path;
  } catch {
    return undefined;
  }
}

function conflict(item: string, bundle: Bundle, other: Bundle): KsoError {
  return new KsoError(
    "usage",
    `Cannot serve ${bundle.path} and ${other.path} together: they have different bytes for ${item}; serve them on ports of their own`,
  );
}
