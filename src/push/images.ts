// Pushes images into a registry that the user already runs. Only what the registry lacks is sent; a push that was killed is
// resumed; the tag of an image that cannot be finished stays as it was.
import { KsoError } from "../core/errors.ts";
import type { ProgressItem } from "../core/progress.ts";
import type { RegistryNaming } from "../core/registry-address.ts";
import { totalSize } from "../files/extents.ts";
import type { Http } from "../http/http.ts";
import type { Credentials } from "../oci/credentials.ts";
import { openRegistry, type Registry } from "../oci/registry.ts";
import { RegistryError } from "../oci/registry-error.ts";
import { BlobPusher } from "./blob-pusher.ts";
import { readContent } from "./image-content.ts";
import { nameImages, type PushRegistry } from "./names.ts";
import {
  byItem,
  emptyResult,
  type PushContext,
  type PushedItem,
  type PushFailure,
  type PushResult,
} from "./options.ts";
import { assertPushable } from "./probe.ts";
import { ImagePublisher, isSparseRefused } from "./publish-image.ts";
import { pushReason } from "./reason.ts";
import { blobsOfImages, inspectTarget, type PushImage, type RegistryState } from "./registry-state.ts";
import type { UploadSessions } from "./upload-sessions.ts";

/** What a push of images needs beside its bundle. */
export interface PushImagesOptions extends PushContext {
  readonly address: PushRegistry;
  readonly mapping: RegistryNaming;
  /** A sparse index is replaced by one of the platforms that are in the bundle. */
  readonly trim: boolean;
  readonly http: Http;
  readonly credentials: Credentials;
  readonly sessions: UploadSessions;
}

/**
 * Pushes all images of the bundle. What fails on the way is in the result.
 * @throws KsoError `unresolvable` for names that collide, `verify` for a bundle that lacks something, `remote` when the registry
 * cannot be pushed to at all; in each case nothing was sent.
 */
export async function pushImages(options: PushImagesOptions): Promise<PushResult> {
  const { address, credentials, http, signal, progress } = options;
  const images = imagesToPush(options);
  if (images.length === 0) return emptyResult;
  const registry = openRegistry({ http, credentials, base: address.base, host: address.host, actions: "pull,push" });
  await assertPushable(images, { ...options, registry });
  const state = await inspectTarget(registry, images, signal).catch((cause) => {
    signal.throwIfAborted();
    throw new KsoError("remote", `Cannot push to ${address.host}: ${pushReason(cause)}; nothing was sent`, cause);
  });
  const missing = blobsOfImages(images).filter(({ blob }) => state.locationOf(blob) === undefined);
  const blobs = [...new Map(missing.map(({ blob }) => [blob.digest, blob])).values()];
  const bytes = totalSize(blobs);
  if (options.dryRun) {
    for (const note of sparseNotes(images, state)) progress.note(note);
    const arrived = images.flatMap((image) =>
      pushedItems(image, options.address, state, state.isComplete(image) ? "there" : "missing"),
    );
    return { ...emptyResult, arrived, sent: { items: blobs.length, bytes } };
  }
  progress.expect({ items: blobs.length + images.length, bytes });
  return await new ImagesPush(options, registry, state).run(images);
}

/** The images under their new names, each with what is pushed of it. */
function imagesToPush({ lock, source, mapping: naming, trim, address, layout }: PushImagesOptions): PushImage[] {
  return nameImages(lock.images, { naming, prefix: address.prefix, layout }).map((named) => {
    const [image] = named.images;
    if (!image) throw new KsoError("unexpected", `no image is named ${named.repository}`);
    return { ...named, content: readContent(image, source, trim) };
  });
}

/** One push of images. */
class ImagesPush {
  readonly #options: PushImagesOptions;
  readonly #state: RegistryState;
  readonly #blobs: BlobPusher;
  readonly #publisher: ImagePublisher;
  readonly #arrived: PushedItem[] = [];
  readonly #failed: PushFailure[] = [];

  constructor(options: PushImagesOptions, registry: Registry, state: RegistryState) {
    const { sessions, signal } = options;
    this.#options = options;
    this.#state = state;
    this.#blobs = new BlobPusher({ registry, state, sessions }, options);
    this.#publisher = new ImagePublisher({ registry, state, blobs: this.#blobs, signal });
  }

  async run(images: readonly PushImage[]): Promise<PushResult> {
    const { signal, address } = this.#options;
    const first = samples(images, this.#state);
    for (const image of first) await this.#publish(image).catch((cause) => assertKindAccepted(cause, image, address));
    for (const { repository, blob } of blobsOfImages(images)) void this.#blobs.push(repository, blob);
    const rest = images.filter((image) => !first.includes(image));
    await Promise.all(rest.map((image) => this.#publish(image).catch(() => signal.throwIfAborted())));
    return {
      arrived: this.#arrived.sort(byItem),
      failed: this.#failed.sort(byItem),
      sent: this.#blobs.sent,
      mounted: this.#blobs.mounted,
    };
  }

  async #publish(image: PushImage): Promise<void> {
    const { address, progress, signal } = this.#options;
    const target = targetName(image, address);
    let item: ProgressItem | undefined;
    try {
      const state = await this.#publisher.publish(image, () => {
        item = progress.begin(target);
      });
      this.#arrived.push(...pushedItems(image, address, this.#state, state));
      item?.done();
    } catch (cause) {
      signal.throwIfAborted();
      const reason = pushReason(cause);
      (item ?? progress.begin(target)).fail(reason);
      this.#failed.push(...image.images.map(({ image: name }) => ({ item: name, target, cause: reason })));
      throw cause;
    }
  }
}

/** The smallest image of each kind: they are pushed first, to find out whether the registry takes the kind. */
function samples(images: readonly PushImage[], state: RegistryState): PushImage[] {
  const kinds = new Map<string, PushImage>();
  for (const image of [...images].sort((a, b) => totalSize(a.content.blobs) - totalSize(b.content.blobs))) {
    const { root } = image.content;
    if (state.hasDocument(image.repository, root)) continue;
    const kind = `${root.mediaType} ${image.content.sparse}`;
    if (!kinds.has(kind)) kinds.set(kind, image);
  }
  return [...kinds.values()];
}

/** A registry that refuses one manifest of a kind refuses all of that kind. @throws KsoError `remote` for such a refusal. */
function assertKindAccepted(cause: unknown, image: PushImage, address: PushRegistry): void {
  if (!(cause instanceof RegistryError) || !/\/manifests\//.test(cause.message)) return;
  const target = targetName(image, address);
  if (isSparseRefused(cause, image))
    throw new KsoError(
      "remote",
      `Cannot push ${target}: the registry takes no index that names platforms which are not in it (${cause.reason}), and this bundle holds only some of upstream's; push with --index trim, which makes new indexes of the platforms that are here, and lists the digests that change`,
      cause,
    );
  const { mediaType } = image.content.root;
  if (cause.codes.includes("MANIFEST_INVALID") || cause.status === 415)
    throw new KsoError(
      "remote",
      `Cannot push ${target}: the registry does not take "${mediaType}" (${cause.reason}), and another type would be another digest`,
      cause,
    );
}

function targetName({ repository, tag }: PushImage, { host }: PushRegistry): string {
  return `${host}/${repository}:${tag}`;
}

function pushedItems(
  image: PushImage,
  address: PushRegistry,
  before: RegistryState,
  state: PushedItem["state"],
): PushedItem[] {
  const { root, originalDigest } = image.content;
  const previous = before.tagged(image);
  return image.images.map(({ image: item, byDigest }) => ({
    item,
    target: targetName(image, address),
    digest: root.digest,
    state,
    ...(originalDigest !== undefined && { was: originalDigest }),
    ...(byDigest && { byDigest }),
    ...(previous !== undefined && previous !== root.digest && { replaced: previous }),
  }));
}

/** What a dry run says about indexes that a registry may refuse. */
function sparseNotes(images: readonly PushImage[], state: RegistryState): string[] {
  const unproven = images.filter(
    ({ repository, content }) => content.sparse && !state.hasDocument(repository, content.root),
  );
  if (unproven.length === 0) return [];
  return [
    `${unproven.length} images name platforms that are not in this bundle; where the registry refuses that, --index trim is for it`,
  ];
}
