// The one layer that an image adds to its base: everything below /kso, the same for every platform.
import type { BlobSource } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { formatLock, type Lock } from "../../core/lock.ts";
import {
  type ArchiveEntry,
  archiveSize,
  blobEntry,
  compareBytes,
  directoriesOf,
  directoryEntry,
  linkEntry,
  textEntry,
} from "../archive/entry.ts";
import { bundleLock } from "../archive/metadata.ts";
import { checkNames } from "../archive/names.ts";
import { nginxConfig, serveFilesScript } from "../dockerfile/files.ts";
import { registryConfig } from "../dockerfile/images.ts";
import { safePath } from "../dockerfile/safe.ts";
import { dataPath, registryTree } from "../registry/tree.ts";

/** An uncompressed layer, known to the byte but for its digest. */
export interface ContentLayer {
  readonly entries: readonly ArchiveEntry[];
  /** Bytes. */
  readonly size: number;
}

/** The layer of the file server. @throws KsoError `unresolvable` for files that cannot be in one tree. */
export function filesLayer(lock: Lock, chartIndexes: ReadonlyMap<string, string>): ContentLayer {
  const layer = new LayerBuilder(lock);
  layer.addDirectory("kso/files/");
  layer.addText("kso/serve-files.sh", serveFilesScript);
  layer.addText("kso/nginx.conf", nginxConfig);
  layer.addText("kso/nginx-ipv4.conf", withoutIpv6(nginxConfig));
  for (const [path, text] of chartIndexes) layer.addText(`kso/files/${safePath(path, "the file")}`, text);
  // A web server looks up the decoded name.
  const files = lock.files.map((file) => ({ ...file, name: safePath(file.path, "the file") }));
  for (const { name, path, digest, size } of files.sort((a, b) => compareBytes(a.name, b.name)))
    layer.addBlob(`kso/files/${name}`, digest, size, path);
  return layer.build();
}

/** The layer of the registry. @throws KsoError `unresolvable` for images that would share a name. */
export function imagesLayer(lock: Lock, blobs: BlobSource): ContentLayer {
  const layer = new LayerBuilder(lock);
  const tree = registryTree(lock, blobs);
  layer.addDirectory("kso/registry/");
  layer.addText("kso/registry.yml", registryConfig);
  for (const { digest, size } of tree.blobs) layer.addBlob(`kso/registry/${dataPath(digest)}`, digest, size, digest);
  for (const [path, text] of tree.texts) layer.addText(`kso/registry/${path}`, text);
  for (const [path, digest] of tree.links) layer.addText(`kso/registry/${path}`, digest);
  return layer.build();
}

function withoutIpv6(config: string): string {
  return config
    .split("\n")
    .filter((line) => !line.includes("[::]"))
    .join("\n");
}

/** Puts a layer together. Blobs are added in the order of their names: where two are the same, the second is a link. */
class LayerBuilder {
  readonly #entries = new Map<string, ArchiveEntry>();
  readonly #directories = new Set<string>();
  /** The first name of each blob. */
  readonly #names = new Map<Digest, string>();

  /** Begins a layer with the lock. @throws KsoError `unresolvable` for a lock whose names collide. */
  constructor(lock: Lock) {
    checkNames(lock, []);
    this.addText("kso/lock.json", formatLock(bundleLock(lock)));
  }

  addDirectory(name: string): void {
    this.#directories.add(name);
  }

  addText(name: string, text: string): void {
    this.#entries.set(name, textEntry(name, text));
  }

  /** Adds a file. @throws KsoError `unresolvable` for a name that another file has, or that removes a file in an image. */
  addBlob(name: string, digest: Digest, size: number, label: string): void {
    // In a layer, a name that begins so removes a file of the layers below.
    if (name.split("/").some((part) => part.startsWith(".wh.")))
      throw buildError(`"${label}" has a part that begins with ".wh.", which removes files in an image`);
    const existing = this.#entries.get(name);
    if (existing) {
      if (existing.content && "blob" in existing.content && existing.content.blob === digest) return;
      throw buildError(`"${label}" and "${existing.label}" are different files with one name, /${name}`);
    }
    const target = this.#names.get(digest);
    if (target === undefined) this.#names.set(digest, name);
    this.#entries.set(
      name,
      target === undefined ? blobEntry(name, digest, size, label) : linkEntry(name, target, label),
    );
  }

  /** The layer of all that was added. @throws KsoError `unresolvable` for a name that is a file and a directory. */
  build(): ContentLayer {
    const entries = [...this.#entries.values()];
    for (const name of new Set([...this.#directories, ...directoriesOf(entries)])) {
      const path = name.slice(0, -1);
      if (this.#entries.has(path)) throw buildError(`/${path} would be a file and a directory`);
      entries.push(directoryEntry(name));
    }
    entries.sort((a, b) => compareBytes(a.name, b.name));
    return { entries, size: archiveSize(entries) };
  }
}

function buildError(reason: string): KsoError {
  return new KsoError("unresolvable", `Cannot build an image: ${reason}`);
}
