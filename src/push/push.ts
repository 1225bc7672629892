// Images into a registry that the site already runs. In travels a bundle and an address; out travels what became of each image.
// Only what is missing travels; a push that was killed goes on where it was; an image that cannot be finished leaves its tag as it was.
import { KsoError } from "../core/errors.ts";
import type { ProgressItem } from "../core/progress.ts";
import { totalSize } from "../files/extents.ts";
import type { Http } from "../http/http.ts";
import type { Credentials } from "../oci/credentials.ts";
import { openRegistry, type Registry } from "../oci/registry.ts";
import { RegistryError } from "../oci/registry-error.ts";
import { type Content, contentOf } from "./content.ts";
import { finish, refusesSparse } from "./image.ts";
import { type Image, paperKey, type Survey, survey, wantedBlobs } from "./inspect-target.ts";
import { type Address, type Mapping, nameAll } from "./names.ts";
import type { Arrived, Failed, Means, Pushed } from "./options.ts";
import { probe } from "./probe.ts";
import { reasonFor } from "./reason.ts";
import type { Sessions } from "./sessions.ts";
import { startTransfers, type Transfers } from "./transfer.ts";

export interface ImageOptions extends Means {
  readonly address: Address;
  readonly mapping: Mapping;
  /** A sparse index is replaced by one of the platforms that are here. */
  readonly trim: boolean;
  readonly http: Http;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
}

/**
 * @throws KsoError `unresolvable` for names that collide, `verify` for a bundle that lacks something, `remote` when the registry
 * cannot be pushed to at all; in each case nothing was sent. What fails later is in the result.
 */
export async function pushImages(options: ImageOptions): Promise<Pushed> {
  const { lock, source, address, mapping, http, signal, progress } = options;
  const named = nameAll(lock.images, mapping, address.prefix);
  const images = named.map((one): Image => {
    const [image] = one.images;
    if (!image) throw new KsoError("unexpected", `no image is named ${one.repository}`);
    return { ...one, content: contentOf(image, source, options.trim) };
  });
  if (images.length === 0) return { arrived: [], failed: [], sent: { items: 0, bytes: 0 }, mounted: 0 };
  const registry = openRegistry(http, options.credentials, address.base, address.host, "pull,push");
  await probe(registry, http, address, named, mapping, signal);
  const known = await survey(registry, images, signal).catch((cause) => {
    signal.throwIfAborted();
    throw new KsoError("remote", `Cannot push to ${address.host}: ${reasonFor(cause)}; nothing was sent`, cause);
  });
  const missing = wantedBlobs(images).filter(({ blob }) => !known.homes.has(blob.digest));
  const bytes = [...new Map(missing.map(({ blob }) => [blob.digest, blob.size])).values()];
  const sum = bytes.reduce((total, size) => total + size, 0);
  if (options.dryRun) {
    for (const note of forecast(images, known)) progress.note(note);
    const arrived = images.flatMap((image) => arrivedOf(image, address, known, stateOf(image, known)));
    return { arrived, failed: [], sent: { items: bytes.length, bytes: sum }, mounted: 0 };
  }
  progress.expect({ items: bytes.length + images.length, bytes: sum });
  const transfers = startTransfers(registry, known, options);
  return await pushAll(options, registry, images, known, transfers);
}

async function pushAll(
  options: ImageOptions,
  registry: Registry,
  images: readonly Image[],
  known: Survey,
  transfers: Transfers,
): Promise<Pushed> {
  const { address, signal, progress } = options;
  const arrived: Arrived[] = [];
  const failed: Failed[] = [];
  const one = async (image: Image): Promise<void> => {
    const target = targetOf(image, address);
    let item: ProgressItem | undefined;
    try {
      const state = await finish(image, registry, known, transfers, signal, () => {
        item = progress.begin(target);
      });
      arrived.push(...arrivedOf(image, address, known, state));
      item?.done();
    } catch (cause) {
      signal.throwIfAborted();
      const reason = reasonFor(cause);
      (item ?? progress.begin(target)).fail(reason);
      failed.push(...image.images.map(({ image: name }) => ({ item: name, target, cause: reason })));
      throw cause;
    }
  };
  const first = probes(images, known);
  for (const image of first) await one(image).catch((cause) => stopAt(cause, image, address));
  for (const { repository, blob } of wantedBlobs(images)) void transfers.place(repository, blob);
  const rest = images.filter((image) => !first.includes(image));
  await Promise.all(rest.map((image) => one(image).catch(() => signal.throwIfAborted())));
  const byName = (a: { item: string }, b: { item: string }): number => (a.item < b.item ? -1 : 1);
  return {
    arrived: arrived.sort(byName),
    failed: failed.sort(byName),
    sent: transfers.sent,
    mounted: transfers.mounted,
  };
}

/** The smallest image of each kind that the registry may not want, pushed before the others: the real thing is the best probe. */
function probes(images: readonly Image[], known: Survey): Image[] {
  const kinds = new Map<string, Image>();
  for (const image of [...images].sort((a, b) => sizeOf(a.content) - sizeOf(b.content))) {
    if (known.papers.has(paperKey(image.repository, image.content.root))) continue;
    const { root, sparse, was } = image.content;
    const kind = `${root.mediaType} ${sparse && was === undefined}`;
    if (!kinds.has(kind)) kinds.set(kind, image);
  }
  return [...kinds.values()];
}

/** A registry that refuses one manifest of a kind refuses all of that kind. */
function stopAt(cause: unknown, image: Image, address: Address): void {
  if (!(cause instanceof RegistryError) || !/\/manifests\//.test(cause.message)) return;
  const target = targetOf(image, address);
  if (refusesSparse(cause, image))
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

function sizeOf({ blobs }: Content): number {
  return totalSize(blobs);
}

function targetOf({ repository, tag }: Image, { host }: Address): string {
  return `${host}/${repository}:${tag}`;
}

function arrivedOf(image: Image, address: Address, known: Survey, state: Arrived["state"]): Arrived[] {
  const { root, was } = image.content;
  const before = known.tags.get(`${image.repository}:${image.tag}`);
  return image.images.map(({ image: item }) => ({
    ...{ item, target: targetOf(image, address), digest: root.digest, state },
    ...(was !== undefined && { was }),
    ...(before !== undefined && before !== root.digest && { replaced: before }),
  }));
}

function stateOf({ repository, tag, content }: Image, known: Survey): "there" | "missing" {
  const whole =
    known.tags.get(`${repository}:${tag}`) === content.root.digest &&
    content.papers.every(({ blob }) => known.papers.has(paperKey(repository, blob))) &&
    content.blobs.every(({ digest }) => known.homes.get(digest)?.has(repository));
  return whole ? "there" : "missing";
}

function forecast(images: readonly Image[], known: Survey): string[] {
  const sparse = images.filter(({ content }) => content.sparse && content.was === undefined);
  const open = sparse.filter(({ repository, content }) => !known.papers.has(paperKey(repository, content.root)));
  return open.length === 0
    ? []
    : [
        `${open.length} images name platforms that are not in this bundle; where the registry refuses that, --index trim is for it`,
      ];
}
