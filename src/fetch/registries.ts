// The registries that serve the images of a plan, each opened once, and Docker Hub's rate limit.
import type { Digest } from "../core/digest.ts";
import { dockerHub } from "../core/docker-hub.ts";
import type { ImageArtifact } from "../core/plan.ts";
import { parseReference } from "../core/reference.ts";
import type { Http } from "../http/http.ts";
import type { Logins } from "../oci/auth.ts";
import type { Credentials } from "../oci/credentials.ts";
import type { RateLimit } from "../oci/rate-limit.ts";
import { openRegistry, type Registry, registryAt, registryBase } from "../oci/registry.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";

/** The registries of a run. */
export class Registries {
  readonly #http: Http;
  readonly #credentials: Credentials;
  readonly #logins: Logins;
  readonly #opened = new Map<string, Registry>();
  /** By digest: small blobs that are being read, or have been. */
  readonly #blobReads = new Map<Digest, Promise<Uint8Array>>();
  #dockerHub: readonly Registry[] = [];

  constructor(http: Http, credentials: Credentials, logins: Logins) {
    this.#http = http;
    this.#credentials = credentials;
    this.#logins = logins;
  }

  /** The repositories that serve an image: its mirrors, or its origin where it has none. */
  repositoriesFor(artifact: ImageArtifact): readonly RepositoryReader[] {
    const { host, repository } = parseReference(artifact.image);
    const path = artifact.image.slice(host.length);
    const registries = artifact.locations?.map((url) =>
      this.#open(registryAt(url.slice(0, -path.length), host), new URL(url).host),
    ) ?? [this.#open(registryBase(host), host)];
    if (host === dockerHub) this.#dockerHub = registries;
    return registries.map((registry) => this.#sharing(registry.reader(repository)));
  }

  /** The registries that serve docker.io, once one of its images was requested; mirrors pass Docker Hub's rate limit on. */
  get dockerHub(): readonly Registry[] {
    return this.#dockerHub;
  }

  #open(base: string, host: string): Registry {
    const registry =
      this.#opened.get(base) ??
      openRegistry({ http: this.#http, credentials: this.#credentials, base, host, logins: this.#logins });
    this.#opened.set(base, registry);
    return registry;
  }

  /** The same repository, but small blobs that several images share are requested once. */
  #sharing(repository: RepositoryReader): RepositoryReader {
    return {
      head: (reference, signal) => repository.head(reference, signal),
      manifest: (reference, signal) => repository.manifest(reference, signal),
      blobRequest: (blob) => repository.blobRequest(blob),
      referrers: (digest, signal) => repository.referrers(digest, signal),
      readBlob: (blob, signal) => {
        const bytes = this.#blobReads.get(blob.digest) ?? repository.readBlob(blob, signal);
        this.#blobReads.set(blob.digest, bytes);
        bytes.catch(() => this.#blobReads.delete(blob.digest));
        return bytes;
      },
    };
  }
}

/** Pulls of Docker Hub: how many a run needs at most, and what the hub has left, where it says so. */
export interface PullBudget {
  readonly pulls: number;
  readonly remaining?: number;
  readonly limit?: number;
}

/** The budget of so many pulls. */
export function pullBudget(registries: readonly Registries[], pulls: number): PullBudget {
  const { remaining, limit } = rateLimitOf(registries) ?? {};
  return { pulls, ...(remaining !== undefined && { remaining }), ...(limit !== undefined && { limit }) };
}

/** The rate limit that Docker Hub has told; undefined where it has none for this user, or was not asked. */
function rateLimitOf(registries: readonly Registries[]): RateLimit | undefined {
  const [rateLimit] = registries
    .flatMap(({ dockerHub }) => dockerHub)
    .flatMap((registry) => registry.rateLimit() ?? []);
  return rateLimit;
}

/**
 * Docker Hub's rate limit in words, before any of it is used; undefined where none is known or needed.
 * @param pulls how many manifests will be requested there
 */
export function describeBudget(registries: readonly Registries[], pulls: number): string | undefined {
  const rateLimit = rateLimitOf(registries);
  if (!rateLimit || pulls === 0) return undefined;
  const { remaining, limit, window } = rateLimit;
  const of = limit === undefined ? "" : ` of ${limit}`;
  const per = window === undefined ? "" : ` within ${Math.round(window / 3600)} h`;
  const advice = "that may not be enough: log in, or name a mirror with --mirror docker.io=URL";
  return `Docker Hub: ${remaining}${of} pulls left${per}; this needs up to ${pulls}${remaining < pulls ? `; ${advice}` : ""}`;
}
