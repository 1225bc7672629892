// One image as an OCI archive, in one pass over the store: the layer comes first, is hashed by another thread while it is
// written, and only then has a name. Its entry's header is written over, and what names the digest follows: configurations,
// manifests, the index. Every size is known beforehand, for digests are all of one length.
import { blobName } from "../../bundle/open.ts";
import { encodeEntry, type TarEntry } from "../../bundle/tar.ts";
import type { BlobSource, Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import type { Lock, LockedImage } from "../../core/lock.ts";
import type { Hashing } from "../../store/hashing.ts";
import { type Contents, openContents } from "../archive/body.ts";
import type { ArchiveEntry } from "../archive/layout.ts";
import { compareBytes } from "../archive/metadata.ts";
import type { ArchivePath } from "../archive/output.ts";
import { type Abort, writeArchiveBody } from "../archive/write-body.ts";
import { startWriter, type Writer } from "../archive/writer.ts";
import { openBase, type PlatformBase } from "./base.ts";
import { archiveSize, type ContentLayer } from "./content.ts";
import { archiveTexts, type BuiltImage, buildImage, builtBlobs, type ImageDefinition } from "./manifests.ts";

/** An image that is known but for the digest of its layer. */
export interface Draft {
  readonly lock: Lock;
  readonly base: LockedImage;
  readonly bases: readonly PlatformBase[];
  readonly purpose: ImageDefinition;
  readonly layer: ContentLayer;
  /** The whole archive. */
  readonly bytes: number;
  readonly entries: number;
}

const unknown: Digest = `sha256:${"0".repeat(64)}`;

/** @throws KsoError `unresolvable` when the base lacks a platform or cannot be built on. */
export function draft(
  lock: Lock,
  base: LockedImage,
  blobs: BlobSource,
  purpose: ImageDefinition,
  layer: ContentLayer,
): Draft {
  const bases = openBase(base, lock.platforms, blobs);
  const rest = restOf({ lock, base, bases, purpose, layer }, unknown).items;
  const head = headOf(unknown, layer.size);
  return {
    ...{ lock, base, bases, purpose, layer },
    bytes: head.length + layer.size + archiveSize(rest),
    entries: layer.items.length + rest.length,
  };
}

/** An archive that is written and has not got its name yet. */
export interface Written {
  readonly built: BuiltImage;
  readonly writer: Writer;
}

/** Opens all that will be read, so that what is missing is known before the first byte is written. */
export function openDraft({ layer }: Draft, blobs: BlobSource): Contents {
  return openContents(layer.items, blobs);
}

/** Writes beside the place; `contents` is {@link openDraft}'s. The writer is discarded when that fails. */
export async function write(
  one: Draft,
  contents: Contents,
  { blobs, hashing, place, abort }: { blobs: BlobSource; hashing: Hashing; place: ArchivePath; abort: Abort },
  advance: (bytes: number) => void,
): Promise<Written> {
  const writer = startWriter({ place, hashing, aborted: abort.aborted });
  const count = (bytes: number): void => {
    advance(bytes);
    abort.check();
  };
  try {
    const { size } = one.layer;
    const head = headOf(unknown, size);
    await writer.write(head);
    const following = hashing.follow(writer.beside, ["sha256"], head.length);
    let digest: Digest;
    try {
      let at = head.length;
      const sink = {
        async write(bytes: Uint8Array): Promise<void> {
          await writer.write(bytes);
          at += bytes.length;
          following.advance(at);
        },
      };
      await writeArchiveBody(contents, sink, count);
      [digest] = (await Promise.race([following.digest(at), abort.aborted])) as [Digest];
    } catch (cause) {
      following.cancel();
      throw cause;
    }
    await writer.patch(0, headOf(digest, size));
    const { built, items } = restOf(one, digest);
    const rest = openContents(items, blobs);
    try {
      await writeArchiveBody(rest, writer, count);
    } finally {
      rest.close();
    }
    return { built, writer };
  } catch (cause) {
    await writer.discard().catch(() => undefined);
    throw cause;
  }
}

/** What stands before the layer's bytes: the folders and its header. */
function headOf(layer: Digest, size: number): Uint8Array {
  const folder = (name: string): TarEntry => ({ name, type: "directory", size: 0, mode: 0o755 });
  const file: TarEntry = { name: blobName(layer), type: "file", size, mode: 0o644 };
  return Buffer.concat([folder("blobs/"), folder("blobs/sha256/"), file].map(encodeEntry));
}

/** All that follows the layer, in the order of its names. */
function restOf(
  { lock, base, bases, purpose, layer }: Omit<Draft, "bytes" | "entries">,
  digest: Digest,
): { built: BuiltImage; items: ArchiveEntry[] } {
  const built = buildImage(lock, base, bases, purpose, { digest, size: layer.size });
  const documents = new Map<Digest, string>();
  for (const { descriptor: blob, text } of [
    built.index,
    ...built.platforms.flatMap(({ manifest, config }) => [manifest, config]),
  ])
    documents.set(blob.digest, text);
  const items: ArchiveEntry[] = [{ name: "kso/", type: "directory", size: 0, mode: 0o755, label: "kso/" }];
  const text = (name: string, value: string): void => {
    const bytes = new TextEncoder().encode(value);
    items.push({ name, type: "file", size: bytes.length, mode: 0o644, content: { text: bytes }, label: name });
  };
  const blobs: Descriptor[] = builtBlobs(built);
  for (const blob of blobs) {
    const document = documents.get(blob.digest);
    if (document !== undefined) text(blobName(blob.digest), document);
    else if (blob.digest !== digest)
      items.push({
        ...{ name: blobName(blob.digest), type: "file", size: blob.size, mode: 0o644 },
        ...{ content: { blob: blob.digest }, label: `${blob.digest} of ${base.image}` },
      });
  }
  for (const [name, value] of Object.entries(archiveTexts(lock, built, blobs))) text(name, value);
  return { built, items: items.sort((a, b) => compareBytes(a.name, b.name)) };
}
