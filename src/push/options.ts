// What a push is asked to do, and what it finds out. In travels a bundle (a lock, and a source of its bytes); out travels the
// state of each image and file at the target.
import type { BlobSource, Descriptor, Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Lock } from "../core/lock.ts";
import type { Progress } from "../core/progress.ts";

/** What every push needs. */
export interface Means {
  readonly lock: Lock;
  readonly source: BlobSource;
  /** The bytes that lie there, as a stream. */
  readonly open: (extents: readonly Extent[]) => ReadableStream<Uint8Array>;
  /** Uploads at one time. */
  readonly jobs: number;
  /** What travels in one request at most, where that can be chosen. Bytes. */
  readonly chunk?: number | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Find out what there is to do, and send nothing. */
  readonly dryRun: boolean;
}

/** One image or file that is at the target now, as it should be (or that would be sent, in a dry run). */
export interface Arrived {
  /** Its name in the bundle. */
  readonly item: string;
  /** `HOST/repository:tag`, or a URL. */
  readonly target: string;
  readonly digest: Digest;
  /** `there`: nothing had to be sent for it. */
  readonly state: "pushed" | "there" | "missing";
  /** The bundle's digest, where the index was trimmed. */
  readonly was?: Digest;
  /** What the tag named before, where that was another image. */
  readonly replaced?: Digest;
}

/** One that is not. */
export interface Failed {
  readonly item: string;
  readonly target: string;
  readonly cause: string;
}

export interface Pushed {
  readonly arrived: readonly Arrived[];
  readonly failed: readonly Failed[];
  /** What has travelled (or would). */
  readonly sent: { readonly items: number; readonly bytes: number };
  /** Blobs that the registry took from a repository of its own. */
  readonly mounted: number;
}

/** The bytes of a blob that are known to be in the bundle. */
export function extentsOf(
  { source }: Pick<Means, "source">,
  { digest }: Pick<Descriptor, "digest">,
): readonly Extent[] {
  return source.locate(digest) ?? [];
}
