// The pull side of the distribution API: descriptors, and bytes that have the requested digest.
import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { isTag } from "../core/reference.ts";
import type { Http } from "../http/http.ts";
import { isWebPage } from "../http/ranges.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Authorization } from "./auth.ts";
import { documentLimit } from "./document.ts";
import { acceptedTypes, manifestKind, mediaTypeOf, parseDocument, schema1 } from "./manifest.ts";
import { listReferrers, type ReferrersApi } from "./referrers.ts";
import { digestOfBytes, readVerified } from "./verified.ts";

/** One repository to read from. References are tags or digests. Failures are KsoErrors `fetch` or `verify`. */
export interface RepositoryReader {
  /** What the reference points to, by HEAD (by GET where a registry's HEAD says too little); undefined when it is not there. */
  head(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined>;
  /** A manifest's bytes, checked against the requested digest (for a tag: the registry's header); at most 8 MiB. */
  manifest(reference: string, signal?: AbortSignal): Promise<ReadManifest>;
  /** A small blob, checked against its digest and size; at most 8 MiB. */
  readBlob(blob: Descriptor, signal?: AbortSignal): Promise<Uint8Array>;
  /** The request that downloads a blob. */
  blobRequest(blob: Descriptor): HttpRequest;
  /** Manifests that refer to this digest; none where the registry has neither the referrers API nor the fallback tag. */
  referrers(digest: Digest, signal?: AbortSignal): Promise<Descriptor[]>;
}

/** A manifest and its bytes. */
export interface ReadManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** How one repository is reached. */
export interface RepositoryAccess {
  readonly http: Http;
  /** `https://HOST/v2/NAME`. */
  readonly url: string;
  /** Authorizes one request; see {@link Authorizer.forRequest}. */
  readonly authorization: (kind: "read" | "write") => Authorization;
  /** Shared by all repositories of a registry. */
  readonly referrersApi: ReferrersApi;
}

/** Statuses of registries that serve a manifest by GET only. */
const headRefusals = [400, 405, 501];

/** Opens a repository to read from. */
export function openReader(access: RepositoryAccess): RepositoryReader {
  return new HttpRepositoryReader(access);
}

class HttpRepositoryReader implements RepositoryReader {
  readonly #access: RepositoryAccess;
  // Manifests that head() read by GET; manifest() takes them from here.
  readonly #prefetched = new Map<Digest, ReadManifest>();

  constructor(access: RepositoryAccess) {
    this.#access = access;
  }

  async head(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    const expected = digestIn(reference);
    const request: HttpRequest = { ...this.#manifestRequest(reference, signal), method: "HEAD" };
    const { status, headers } = await this.#access.http.send(request, [200, ...headRefusals, 404]);
    if (status === 404) return undefined;
    const [mediaType, size, digest] = [mediaTypeOf(headers), sizeIn(headers), announcedDigest(headers)];
    const kind = manifestKind(mediaType);
    if (kind === "schema1") throw schema1(`manifest ${request.url}`);
    if (expected && digest && expected !== digest)
      throw new KsoError("fetch", `Cannot fetch ${request.url}: the registry answers with ${digest}`);
    if (status === 200 && kind && size !== undefined && digest) return { mediaType, digest, size };
    return await this.#headByGet(reference, signal);
  }

  async manifest(reference: string, signal?: AbortSignal): Promise<ReadManifest> {
    const expected = digestIn(reference);
    const prefetched = expected && this.#prefetched.get(expected);
    if (prefetched) {
      this.#prefetched.delete(prefetched.descriptor.digest);
      return prefetched;
    }
    let mediaType = "";
    const bytes = await readVerified(this.#access.http, this.#manifestRequest(reference, signal), {
      limit: documentLimit,
      digestIn: ({ headers, url }) => {
        mediaType = mediaTypeOf(headers);
        if (isWebPage(headers))
          throw new KsoError(
            "fetch",
            `Cannot fetch ${url}: the server answers with a web page (a login, an error, a notice) where a manifest is expected`,
          );
        // The digest of schema 1 is not that of the bytes: it would look like a broken transfer.
        if (manifestKind(mediaType) === "schema1") throw schema1(`manifest ${url}`);
        return expected ?? announcedDigest(headers);
      },
    });
    const digest = expected ?? digestOfBytes(bytes);
    const document = parseDocument(bytes, { mediaType, digest, size: bytes.length });
    return { descriptor: { mediaType: document.mediaType, digest, size: bytes.length }, bytes };
  }

  async readBlob({ digest, size }: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
    const request = this.#request(`blobs/${digest}`, signal);
    if (size > documentLimit)
      throw new KsoError(
        "verify",
        `Cannot fetch ${request.url}: ${size} bytes, where at most ${documentLimit} are read`,
      );
    return await readVerified(this.#access.http, request, { limit: documentLimit, digestIn: () => digest, size });
  }

  blobRequest({ digest }: Descriptor): HttpRequest {
    return this.#request(`blobs/${digest}`, undefined);
  }

  async referrers(digest: Digest, signal?: AbortSignal): Promise<Descriptor[]> {
    const { http, referrersApi } = this.#access;
    const apiRequest = (): HttpRequest => ({
      ...this.#request(`referrers/${digest}`, signal),
      headers: { accept: acceptedTypes },
    });
    return await listReferrers(http, digest, {
      api: referrersApi,
      apiRequest,
      pageRequest: (url) => ({ ...apiRequest(), url }),
      tagRequest: () => this.#manifestRequest(digest.replace(":", "-"), signal),
    });
  }

  async #headByGet(reference: string, signal: AbortSignal | undefined): Promise<Descriptor | undefined> {
    const manifest = await this.manifest(reference, signal).catch((cause) => {
      if (cause?.status === 404) return undefined;
      throw cause;
    });
    if (manifest) this.#prefetched.set(manifest.descriptor.digest, manifest);
    return manifest?.descriptor;
  }

  #manifestRequest(reference: string, signal: AbortSignal | undefined): HttpRequest {
    return { ...this.#request(`manifests/${reference}`, signal), headers: { accept: acceptedTypes } };
  }

  #request(path: string, signal: AbortSignal | undefined): HttpRequest {
    const { url, authorization } = this.#access;
    return { url: `${url}/${path}`, ...authorization("read"), ...(signal && { signal }) };
  }
}

function digestIn(reference: string): Digest | undefined {
  const digest = parseDigest(reference);
  if (!digest && !isTag(reference)) throw new KsoError("usage", `"${reference}" is neither a tag nor a digest`);
  return digest;
}

function announcedDigest(headers: Headers): Digest | undefined {
  return parseDigest(headers.get("docker-content-digest") ?? "");
}

function sizeIn(headers: Headers): number | undefined {
  const text = headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(text) && text !== "0" ? Number(text) : undefined;
}
