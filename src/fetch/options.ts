// What a fetch is asked to do, and what it finds out. In travels a plan; out travel a full store and a lock.
import type { Digest } from "../core/digest.ts";
import type { Lock } from "../core/lock.ts";
import type { Plan } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import type { Http } from "../http/http.ts";
import type { Credentials } from "../oci/credentials.ts";
import type { Store } from "../store/store.ts";

export interface FetchOptions {
  readonly plan: Plan;
  /** What an earlier run pinned; it is fetched exactly so. */
  readonly lock?: Lock | undefined;
  readonly store: Store;
  readonly http: Http;
  /** For questions whose answer is welcome and not needed: one quick try. */
  readonly probe: Http;
  readonly credentials: Credentials;
  /** Downloads at one time. */
  readonly jobs: number;
  /** A platform that upstream lacks becomes unavailable on record. */
  readonly allowMissing: boolean;
  /** `--accept-digest NAME=…`: name (or path) → digests that are let in against the published one. */
  readonly accept: ReadonlyMap<string, readonly Digest[]>;
  /** `--allow-arch-mismatch NAME`: names, paths or images. */
  readonly allowMismatch: readonly string[];
  /** Check every executable, not only the first ones. */
  readonly deep: boolean;
  /** UTC: `2026-11-24`. */
  readonly today: string;
  /** This program's version. */
  readonly version: string;
  /** Told what is to come before the first blob is fetched; what it throws ends the run. */
  readonly before?: (forecast: Forecast) => Promise<void>;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Sizes in bytes. A file whose server tells no size counts as nothing, and is counted in `unsized`. */
export interface Forecast {
  readonly fetch: { readonly items: number; readonly bytes: number; readonly unsized: number };
  /** Everything that the lock will name, each blob once; by any of its digests, none for what is pinned on first sight. */
  readonly total: readonly { readonly digests: readonly Digest[]; readonly bytes: number }[];
}

/** One artifact that could not be had; a line of `failures.json`. */
export interface Failure {
  readonly kind: "file" | "image";
  /** `dl.k8s.io/…/kubelet`, `registry.k8s.io/pause:3.10`. */
  readonly artifact: string;
  readonly name: string;
  readonly component: string;
  /** Where it was tried last. */
  readonly url: string;
  readonly cause: string;
  /** How often it was tried, over all mirrors. */
  readonly attempts: number;
}

/** How a fetch ended. Without a lock there are failures; everything that could be finished is in the store. */
export interface Outcome {
  readonly lock: Lock | undefined;
  readonly failures: readonly Failure[];
  readonly fetched: { readonly items: number; readonly bytes: number };
}

/** A name as users give it for an artifact: kubespray's item, the path, or the image. */
export function names(artifact: { name: string } & ({ path: string } | { image: string })): readonly string[] {
  return [artifact.name, "path" in artifact ? artifact.path : artifact.image];
}
