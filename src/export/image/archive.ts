// One image as an OCI archive, written in one pass over the store. The layer comes first and is hashed by another thread
// while it is written; only then is its digest known. The header of its entry is replaced, and what names the digest
// follows: configurations, manifests, the index. Every size is known beforehand, because all digests have one length.
import { blobName } from "../../bundle/open.ts";
import { encodeEntry, type TarEntry } from "../../bundle/tar.ts";
import type { BlobSource } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import type { Lock, LockedImage } from "../../core/lock.ts";
import type { Hashing } from "../../store/hashing.ts";
import { ArchiveBody } from "../archive/body.ts";
import {
  type ArchiveEntry,
  archiveSize,
  blobEntry,
  compareBytes,
  directoryEntry,
  textEntry,
} from "../archive/entry.ts";
import type { Interruption } from "../archive/interruption.ts";
import type { ArchivePath } from "../archive/output.ts";
import { writeArchiveBody } from "../archive/write-body.ts";
import { ArchiveWriter } from "../archive/writer.ts";
import { openBase, type PlatformBase } from "./base.ts";
import type { ContentLayer } from "./content.ts";
import type { ImageDefinition } from "./definition.ts";
import { type BuiltImage, buildImage, imageBlobs, type JsonBlob } from "./manifests.ts";
import { imageMetadata } from "./metadata.ts";

/** What an archive is made of. */
export interface ImageArchiveOptions {
  readonly lock: Lock;
  readonly blobs: BlobSource;
  readonly base: LockedImage;
  readonly definition: ImageDefinition;
  /** What is added to the base. */
  readonly layer: ContentLayer;
}

/** Where and how an archive is written. */
export interface ImageWriteOptions {
  readonly path: ArchivePath;
  readonly hashing: Hashing;
  readonly interruption: Interruption;
  readonly onProgress: (bytes: number) => void;
}

/** An archive that is written under its staging name. */
export interface StagedImage {
  readonly image: BuiltImage;
  readonly writer: ArchiveWriter;
}

/** Stands for the layer's digest while that is unknown. */
const unknownDigest: Digest = `sha256:${"0".repeat(64)}`;

/** The archive of one image, known to the byte but for the digest of its layer. */
export class ImageArchive {
  /** `kubespray-files.tar`. */
  readonly name: string;
  readonly bytes: number;
  /** Tar entries, those of the layer included. */
  readonly entries: number;
  readonly #options: ImageArchiveOptions;
  readonly #platformBases: readonly PlatformBase[];

  /** Opens the base and computes the archive's size. @throws KsoError `unresolvable` for a base that lacks a platform or cannot be used. */
  constructor(options: ImageArchiveOptions) {
    const { lock, blobs, base, definition, layer } = options;
    this.#options = options;
    this.#platformBases = openBase(base, lock.platforms, blobs);
    const { entries } = this.#build(unknownDigest);
    this.name = `kubespray-${definition.name}.tar`;
    this.bytes = this.#head(unknownDigest).length + layer.size + archiveSize(entries);
    this.entries = layer.entries.length + entries.length;
  }

  /** Locates the contents of the layer, so that what is missing is known before the first byte is written. */
  openLayer(): ArchiveBody {
    return new ArchiveBody(this.#options.layer.entries, this.#options.blobs);
  }

  /** Writes the archive under its staging name; `layer` comes from {@link openLayer}. Nothing is left of it after a failure. */
  async write(layer: ArchiveBody, options: ImageWriteOptions): Promise<StagedImage> {
    const { path, hashing, interruption, onProgress } = options;
    const writer = new ArchiveWriter({ path, hashing, aborted: interruption.aborted });
    const count = (bytes: number): void => {
      onProgress(bytes);
      interruption.check();
    };
    try {
      const head = this.#head(unknownDigest);
      await writer.write(head);
      const digest = await writeLayer(layer, { writer, offset: head.length, hashing, interruption, onProgress: count });
      await writer.patch(0, this.#head(digest));
      const { image, entries } = this.#build(digest);
      const rest = new ArchiveBody(entries, this.#options.blobs);
      try {
        await writeArchiveBody(rest, writer, count);
      } finally {
        rest.close();
      }
      return { image, writer };
    } catch (cause) {
      await writer.discard().catch(() => undefined);
      throw cause;
    }
  }

  /** The headers before the layer's bytes: two directories and the layer's entry. */
  #head(layer: Digest): Uint8Array {
    const file: TarEntry = { name: blobName(layer), type: "file", size: this.#options.layer.size, mode: 0o644 };
    return Buffer.concat([directoryEntry("blobs/"), directoryEntry("blobs/sha256/"), file].map(encodeEntry));
  }

  /** The image, and all entries that follow the layer, sorted by name. */
  #build(layer: Digest): { image: BuiltImage; entries: ArchiveEntry[] } {
    const { lock, base, definition } = this.#options;
    const image = buildImage({
      lock,
      base,
      platformBases: this.#platformBases,
      definition,
      layer: { digest: layer, size: this.#options.layer.size },
    });
    const texts = new Map(jsonBlobs(image).map(({ descriptor, text }) => [descriptor.digest, text]));
    const blobs = imageBlobs(image);
    const entries = [directoryEntry("kso/")];
    for (const { digest, size } of blobs) {
      const text = texts.get(digest);
      if (text !== undefined) entries.push(textEntry(blobName(digest), text));
      else if (digest !== layer) entries.push(blobEntry(blobName(digest), digest, size, `${digest} of ${base.image}`));
    }
    for (const [name, text] of Object.entries(imageMetadata(lock, image, blobs))) entries.push(textEntry(name, text));
    return { image, entries: entries.sort((a, b) => compareBytes(a.name, b.name)) };
  }
}

function jsonBlobs({ index, platforms }: BuiltImage): JsonBlob[] {
  return [index, ...platforms.flatMap(({ manifest, config }) => [manifest, config])];
}

interface LayerWriteOptions extends Omit<ImageWriteOptions, "path"> {
  readonly writer: ArchiveWriter;
  /** Where the layer begins in the archive. */
  readonly offset: number;
}

/** Writes the layer, and returns the digest that another thread takes of it meanwhile. */
async function writeLayer(layer: ArchiveBody, options: LayerWriteOptions): Promise<Digest> {
  const { writer, offset, hashing, interruption, onProgress } = options;
  const hash = hashing.follow(writer.stagingPath, ["sha256"], offset);
  try {
    let end = offset;
    const sink = {
      async write(bytes: Uint8Array): Promise<void> {
        await writer.write(bytes);
        end += bytes.length;
        hash.advance(end);
      },
    };
    await writeArchiveBody(layer, sink, onProgress);
    const [digest] = await Promise.race([hash.digest(end), interruption.aborted]);
    return digest as Digest;
  } catch (cause) {
    hash.cancel();
    throw cause;
  }
}
