// One image, from its blobs to its tag: manifests after the blobs, the index after the manifests, all of it read back by
// digest, and only then the tag. A tag that exists leads to an image that is whole.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { readImage } from "../oci/image.ts";
import type { Registry } from "../oci/registry.ts";
import { RegistryError } from "../oci/registry-error.ts";
import type { Paper } from "./content.ts";
import { type Image, paperKey, type Survey } from "./inspect-target.ts";
import { listReferrer } from "./referrers.ts";
import type { Transfers } from "./transfer.ts";

/**
 * @param begin told when its blobs are there.
 * @throws KsoError or Refusal saying why it is not there; its tag is what it was before then.
 */
export async function finish(
  image: Image,
  registry: Registry,
  known: Survey,
  transfers: Transfers,
  signal: AbortSignal,
  begin: () => void,
): Promise<"pushed" | "there"> {
  const { repository, tag, content } = image;
  const target = registry.writer(repository);
  const wanting = content.blobs.filter(({ digest }) => !known.homes.get(digest)?.has(repository));
  await all(content.blobs.map((blob) => transfers.place(repository, blob)));
  begin();
  let stored = 0;
  for (let again = false; ; again = true) {
    try {
      for (const paper of content.papers) {
        if (!again && known.papers.has(paperKey(repository, paper.blob))) continue;
        await store(registry, repository, paper, signal);
        stored++;
      }
      // Of what was there all along the blobs have just been asked for.
      await readBack(image, registry, signal, stored + wanting.length > 0 ? content.blobs : []);
      break;
    } catch (cause) {
      signal.throwIfAborted();
      // What it said it had may be gone: once more, with what is missing.
      if (again || !(await refill(image, registry, transfers, signal))) throw cause;
    }
  }
  const { root } = content;
  if (known.tags.get(`${repository}:${tag}`) !== root.digest) {
    await target.put(tag, root, bytesOf(content.papers, root.digest), signal);
    const now = await registry.reader(repository).head(tag, signal);
    if (now?.digest !== root.digest)
      throw new KsoError("remote", `the tag was put and names ${now?.digest ?? "nothing"} instead of ${root.digest}`);
    return "pushed";
  }
  return stored + wanting.length > 0 ? "pushed" : "there";
}

async function store(registry: Registry, repository: string, paper: Paper, signal: AbortSignal): Promise<void> {
  const { blob, bytes, document } = paper;
  const { listed } = await registry.writer(repository).put(blob.digest, blob, bytes, signal);
  if (document.subject !== undefined && !listed) await listReferrer(registry, repository, paper, signal);
}

/** Sends again whatever the registry has lost. @returns was there anything? */
async function refill(
  { repository, content }: Image,
  registry: Registry,
  transfers: Transfers,
  signal: AbortSignal,
): Promise<boolean> {
  const lost = await lostOf(content.blobs, registry, repository, signal);
  for (const blob of lost) await transfers.place(repository, blob, true);
  if (lost.length > 0) return true;
  const own = registry.reader(repository);
  const papers = await Promise.all(content.papers.map(({ blob }) => own.head(blob.digest, signal)));
  // Without its index it may just have been refused; without a manifest that it took, it lost one.
  return papers.slice(0, -1).some((paper) => !paper);
}

async function lostOf(
  blobs: readonly Descriptor[],
  registry: Registry,
  repository: string,
  signal: AbortSignal,
): Promise<Descriptor[]> {
  const target = registry.writer(repository);
  const there = await Promise.all(blobs.map((blob) => target.has(blob, signal)));
  return blobs.filter((_, at) => !there[at]);
}

/** Index → manifests → configurations of every platform, each held to its digest, and HEAD of every blob. */
async function readBack(
  { repository, content, images }: Image,
  registry: Registry,
  signal: AbortSignal,
  blobs: readonly Descriptor[],
): Promise<void> {
  const platforms = [...new Set(images.flatMap((image) => image.platforms))];
  const recorded = new Set(images.flatMap(({ missing = [] }) => missing));
  const own = registry.reader(repository);
  const { unavailable: missing, mislabelled } = await readImage({
    ...{ repository: own, root: content.root, platforms, signal },
    load: () => undefined,
    keep: () => undefined,
    referrers: false,
  });
  const lacks = missing.filter((platform) => !recorded.has(platform));
  if (lacks.length > 0) throw broken(`it has no image for ${lacks.join(", ")}`);
  const [wrong] = images.some(({ mismatch }) => mismatch) ? [] : Object.entries(mislabelled);
  if (wrong) throw broken(`what it has for ${wrong[0]} says that it runs on ${wrong[1]}`);
  const [lost, ...more] = await lostOf(blobs, registry, repository, signal);
  if (lost) throw broken(`${lost.digest}${more.length > 0 ? ` and ${more.length} more blobs are` : " is"} not there`);
}

function broken(what: string): KsoError {
  return new KsoError("remote", `read back from the registry, ${what}`);
}

/** Waits for all of them, so that nothing goes on behind a failure. @throws the first one's. */
async function all(promises: readonly Promise<void>[]): Promise<void> {
  const [failed] = (await Promise.allSettled(promises)).filter((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

function bytesOf(papers: readonly Paper[], digest: Digest): Uint8Array {
  return papers.find(({ blob }) => blob.digest === digest)?.bytes ?? new Uint8Array();
}

/** Was it the sparse index that the registry did not want? */
export function refusesSparse(cause: unknown, { content }: Image): boolean {
  const codes = ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_INVALID"];
  return (
    content.sparse &&
    content.was === undefined &&
    cause instanceof RegistryError &&
    cause.codes.some((code) => codes.includes(code))
  );
}
