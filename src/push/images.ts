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
import { createProjects, groupOf } from "./harbor.ts";
import type { IndexMode } from "./image-content.ts";
import { nameImagesByContent, readImages, samples, trimmedImage, wasTrimmed } from "./image-list.ts";
import type { NamedImage, PushRegistry } from "./names.ts";
import {
  byItem,
  emptyResult,
  type PushContext,
  type PushedItem,
  type PushFailure,
  type PushResult,
} from "./options.ts";
import { assertPushable, assertReachable } from "./probe.ts";
import { ImagePublisher, isSparseRefused } from "./publish-image.ts";
import { pushReason } from "./reason.ts";
import { blobsOfImages, inspectTarget, type PushImage, type RegistryState } from "./registry-state.ts";
import { pushFailure } from "./remedy.ts";
import { pinnedAdvice, sparseNotes, sparseRefusal, trimmedBefore, trimNote } from "./trimming.ts";
import type { UploadSessions } from "./upload-sessions.ts";

/** What a push of images needs beside its bundle. */
export interface PushImagesOptions extends PushContext {
  readonly address: PushRegistry;
  readonly mapping: RegistryNaming;
  readonly index: IndexMode;
  readonly http: Http;
  readonly credentials: Credentials;
  readonly sessions: UploadSessions;
  /** Harbor: projects that are not there are created, open to nobody else or to everybody who pulls. */
  readonly createProjects?: "private" | "public" | undefined;
}

/**
 * Pushes all images of the bundle. What fails on the way is in the result.
 * @throws KsoError `unresolvable` for names that collide, `verify` for a bundle that lacks something, `remote` when the registry
 * cannot be pushed to at all; in each case nothing was sent.
 */
export async function pushImages(options: PushImagesOptions): Promise<PushResult> {
  const { address, credentials, http, progress } = options;
  const naming = { naming: options.mapping, prefix: address.prefix, layout: options.layout };
  const { complete, empty } = nameImagesByContent(options.lock, naming);
  const failed = empty.flatMap((image) => failuresOf(image, address, withoutPlatforms));
  if (complete.length === 0) return { ...emptyResult, failed };
  const read = readImages(complete, options);
  const registry = openRegistry({ http, credentials, base: address.base, host: address.host, actions: "pull,push" });
  progress.step(`asking ${address.host} what it has of ${read.length === 1 ? "1 image" : `${read.length} images`}`);
  const state = await stateOf(read, { ...options, registry });
  const images = read.some((image) => wasTrimmed(image, state)) ? read.map(trimmedImage) : read;
  const trimmed = images.filter(({ content }) => content.originalDigest !== undefined);
  if (trimmed.length > 0)
    progress.note(trimNote(trimmed, options.index === "trim" ? "by --index trim" : trimmedBefore));
  const missing = blobsOfImages(images).filter(({ blob }) => state.locationOf(blob) === undefined);
  const blobs = [...new Map(missing.map(({ blob }) => [blob.digest, blob])).values()];
  const bytes = totalSize(blobs);
  if (options.dryRun) {
    for (const note of sparseNotes(images, state)) progress.note(note);
    const arrived = images.flatMap((image) =>
      pushedItems(image, options.address, state, state.isComplete(image) ? "there" : "missing"),
    );
    return { ...emptyResult, arrived, failed, sent: { items: blobs.length, bytes } };
  }
  progress.expect({ items: blobs.length + images.length, bytes, counts: { files: 0, images: images.length } });
  const result = await new ImagesPush(options, registry, state).run(images);
  return { ...result, failed: [...result.failed, ...failed].sort(byItem) };
}

/** What the registry has of the images, once it is known that it takes them. */
async function stateOf(
  images: readonly PushImage[],
  context: PushImagesOptions & { readonly registry: Registry },
): Promise<RegistryState> {
  const { registry, address, signal, createProjects: visibility } = context;
  await assertReachable(context);
  const absent = visibility ? await createProjects(images, visibility, context) : new Set<string>();
  const present = images.filter((image) => !absent.has(groupOf(image)));
  await assertPushable(present, context);
  return await inspectTarget(registry, present, signal).catch((cause) => {
    signal.throwIfAborted();
    throw new KsoError("remote", `Cannot push to ${address.host}: ${pushReason(cause)}; nothing was sent`, cause);
  });
}

/** Why an image is not pushed whose index alone is in the bundle: no client could pull it. */
const withoutPlatforms = new KsoError(
  "verify",
  "the bundle has no image for any of its platforms; write the bundle anew",
);

/** One push of images. */
class ImagesPush {
  readonly #options: PushImagesOptions;
  readonly #state: RegistryState;
  readonly #blobs: BlobPusher;
  readonly #publisher: ImagePublisher;
  readonly #arrived: PushedItem[] = [];
  readonly #failed: PushFailure[] = [];
  /** What is trimmed once the registry refuses a sparse index. */
  #trimmable: readonly PushImage[] = [];
  /** The registry has refused one, and they are trimmed from then on. */
  #trimming = false;

  constructor(options: PushImagesOptions, registry: Registry, state: RegistryState) {
    const { sessions, signal } = options;
    this.#options = options;
    this.#state = state;
    this.#blobs = new BlobPusher({ registry, state, sessions }, options);
    this.#publisher = new ImagePublisher({ registry, state, blobs: this.#blobs, signal });
  }

  async run(images: readonly PushImage[]): Promise<PushResult> {
    const { signal, address } = this.#options;
    this.#trimmable = images.filter(({ trimmed }) => trimmed);
    const first = samples(images, this.#state);
    for (const image of first) await this.#publish(image).catch((cause) => assertKindAccepted(cause, image, address));
    const rest = images.filter((image) => !first.includes(image));
    const chosen = this.#trimming ? rest.map(trimmedImage) : rest;
    for (const { repository, blob } of blobsOfImages(chosen)) void this.#blobs.push(repository, blob);
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
      const [pushed, state] = await this.#publishOrTrim(image, () => {
        item ??= progress.begin(target);
      });
      this.#arrived.push(...pushedItems(pushed, address, this.#state, state));
      item?.done();
      progress.complete("image");
    } catch (cause) {
      signal.throwIfAborted();
      (item ?? progress.begin(target)).fail(pushReason(cause));
      this.#failed.push(...failuresOf(image, address, cause));
      throw cause;
    }
  }

  /** @returns the image as it was pushed, trimmed where the registry refuses its index. */
  async #publishOrTrim(image: PushImage, begin: () => void): Promise<[PushImage, PushedItem["state"]]> {
    const first = this.#trimming ? trimmedImage(image) : image;
    try {
      return [first, await this.#publisher.publish(first, begin)];
    } catch (cause) {
      if (this.#options.index !== "auto" || !isSparseRefused(cause, first)) throw cause;
      if (!this.#trimming && this.#trimmable.length > 0)
        this.#options.progress.note(trimNote(this.#trimmable, `because ${sparseRefusal(cause)}`));
      this.#trimming = true;
      if (!first.trimmed) throw new KsoError("remote", `${sparseRefusal(cause)}, ${pinnedAdvice}`, cause);
      const trimmed = trimmedImage(first);
      return [trimmed, await this.#publisher.publish(trimmed, begin)];
    }
  }
}

function failuresOf(image: NamedImage, address: PushRegistry, cause: unknown): PushFailure[] {
  return image.images.map(({ image: item }) => pushFailure(item, targetName(image, address), cause));
}

/** A registry that refuses one manifest of a kind refuses all of that kind. @throws KsoError `remote` for such a refusal. */
function assertKindAccepted(cause: unknown, image: PushImage, address: PushRegistry): void {
  if (!(cause instanceof RegistryError) || !/\/manifests\//.test(cause.message)) return;
  const target = targetName(image, address);
  if (isSparseRefused(cause, image))
    throw new KsoError(
      "remote",
      `Cannot push ${target}: ${sparseRefusal(cause)}, and this bundle holds only some of upstream's; push with --index trim, which makes new indexes of the platforms that are here, and lists the digests that change`,
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

function targetName({ repository, tag }: NamedImage, { host }: PushRegistry): string {
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
