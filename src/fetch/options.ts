// Options and results of a fetch.
import type { Digest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { type Artifact, artifactName, type Plan } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import type { Http } from "../http/http.ts";
import type { Credentials } from "../oci/credentials.ts";
import type { Store } from "../store/store.ts";
import type { PullBudget } from "./registries.ts";

/** What is fetched, where to, and by which means. */
export interface FetchOptions {
  /** Each artifact with the locations to try. */
  readonly plan: Plan;
  /** The lock of an earlier run; its artifacts are fetched exactly so. */
  readonly lock?: Lock | undefined;
  readonly store: Store;
  readonly http: Http;
  /** For requests that are useful but not needed: one quick try. */
  readonly probe: Http;
  readonly credentials: Credentials;
  /** Where a URL that somebody's index names is fetched from: below its host's mirrors. Default: there. */
  readonly locationsOf?: ((url: string) => readonly string[]) | undefined;
  /** Downloads at one time. */
  readonly jobs: number;
  /** `--allow-missing NAME`: items, components or images of which a platform that upstream lacks becomes unavailable on record. */
  readonly allowMissing: readonly string[];
  /** `--accept-digest NAME=…`: name (or path) → digests that are let in against the published one. */
  readonly accept: ReadonlyMap<string, readonly Digest[]>;
  /** `--allow-arch-mismatch NAME`: names of items, components, paths or images. */
  readonly allowMismatch: readonly string[];
  /** Check every executable, not only the first ones. */
  readonly deep: boolean;
  /** UTC: `2026-11-24`. */
  readonly today: string;
  /** This program's version. */
  readonly version: string;
  /** Manifests that a registry counts as pulls are not read. */
  readonly sparesPulls?: boolean;
  /** Called with the forecast before the first blob is downloaded; an error that it throws ends the run. */
  readonly beforeDownloads?: (forecast: DownloadForecast) => void;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Sizes in bytes. A file whose server tells no size counts as nothing, and is counted in `unsized`. */
export interface DownloadForecast {
  readonly fetch: {
    readonly items: number;
    /** Files and images of which something is to be fetched. */
    readonly files: number;
    readonly images: number;
    readonly bytes: number;
    readonly unsized: number;
    readonly unsizedNames: readonly string[];
    /** The largest of them, the largest first. */
    readonly largest: readonly { readonly name: string; readonly bytes: number }[];
  };
  /** How many manifests are requested of Docker Hub, which limits that, and how many it lets through. */
  readonly dockerHub: PullBudget;
  /** Everything that the lock will name, each blob once, by any of its digests; none where no digest is known yet. */
  readonly total: readonly { readonly digests: readonly Digest[]; readonly bytes: number }[];
}

/** One artifact that could not be fetched; an entry of `failures.json`. */
export interface FetchFailure {
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
  /** The flag that lets it through, where there is one: another try changes nothing. */
  readonly allow?: string;
}

/** How a fetch ended. Without a lock there are failures; everything that could be fetched is in the store. */
export interface FetchOutcome {
  readonly lock: Lock | undefined;
  readonly failures: readonly FetchFailure[];
  readonly fetched: { readonly items: number; readonly bytes: number };
}

/** What a step of a fetch has done, and its failures. */
export interface StepResult<T> {
  readonly done: readonly T[];
  readonly failed: readonly FetchFailure[];
}

/** The names that users give an artifact: kubespray's item, its component, the path, or the image. */
export function namesOf(
  artifact: Pick<Artifact, "name" | "component"> & ({ readonly path: string } | { readonly image: string }),
): readonly string[] {
  return [artifact.name, artifact.component, "path" in artifact ? artifact.path : artifact.image];
}

/** The entry of `failures.json` for an artifact. */
export function failureOf(artifact: Artifact, url: string, cause: unknown, attempts: number): FetchFailure {
  const { kind, name, component } = artifact;
  const allow = cause instanceof KsoError ? cause.details["allow"] : undefined;
  return {
    kind,
    artifact: artifactName(artifact),
    name,
    component,
    url,
    cause: messageOf(cause),
    attempts,
    ...(typeof allow === "string" && { allow }),
  };
}
