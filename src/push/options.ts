// Options and results of a push: the state of each image and file at the target.
import type { BlobSource, Descriptor, Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Lock } from "../core/lock.ts";
import type { Progress } from "../core/progress.ts";
import type { SiteLayout } from "../core/site-layout.ts";
import { sliceExtents } from "../files/extents.ts";
import type { RequestBody } from "../http/request.ts";

/** What every push needs: the bundle, and how to send it. */
export interface PushContext {
  readonly lock: Lock;
  readonly source: BlobSource;
  /** Names of the site's own; what it does not name is pushed under kso's. */
  readonly layout?: SiteLayout | undefined;
  /** The bytes of these extents, as a stream. */
  readonly open: (extents: readonly Extent[]) => ReadableStream<Uint8Array>;
  /** Uploads at one time. */
  readonly jobs: number;
  /** The largest body of one request, where that can be chosen. Bytes. */
  readonly chunk?: number | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Find out what there is to do, and send nothing. */
  readonly dryRun: boolean;
}

/** One image or file that is at the target, or that a dry run would have sent. */
export interface PushedItem {
  /** Its name in the bundle. */
  readonly item: string;
  /** `HOST/repository:tag`, or a URL. */
  readonly target: string;
  readonly digest: Digest;
  /** `there`: nothing had to be sent for it. */
  readonly state: "pushed" | "there" | "missing";
  /** The bundle's digest, where the index was trimmed. */
  readonly was?: Digest;
  /** It is asked for by the digest that it has in the bundle. */
  readonly byDigest?: true;
  /** What the tag named before, where that was another image. */
  readonly replaced?: Digest;
}

/** One image or file that could not be pushed. */
export interface PushFailure {
  readonly item: string;
  readonly target: string;
  readonly cause: string;
  /** What to do about it, where the cause does not say that itself. */
  readonly remedy?: string;
}

/** How a push of all images, or of all files, ended. */
export interface PushResult {
  readonly arrived: readonly PushedItem[];
  readonly failed: readonly PushFailure[];
  /** What was sent, or would have been in a dry run. */
  readonly sent: { readonly items: number; readonly bytes: number };
  /** How many blobs were mounted from another repository. */
  readonly mounted: number;
}

/** The result of a push of nothing. */
export const emptyResult: PushResult = { arrived: [], failed: [], sent: { items: 0, bytes: 0 }, mounted: 0 };

/** A part of a blob of the bundle, as the body of a request. */
export function partOf(
  { source, open }: Pick<PushContext, "source" | "open">,
  { digest }: Pick<Descriptor, "digest">,
  offset: number,
  length: number,
): RequestBody {
  return { size: length, open: () => open(sliceExtents(source.locate(digest) ?? [], offset, length)) };
}

/** Orders items and failures by their names in the bundle. */
export function byItem(a: { readonly item: string }, b: { readonly item: string }): number {
  return a.item < b.item ? -1 : 1;
}
