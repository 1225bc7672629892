// The pull side of the distribution API (https://github.com/opencontainers/distribution-spec). In travel repository names,
// tags and digests; out travel descriptors, and bytes that have the digest which was asked for.
import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { isRepository, isTag } from "../core/reference.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import { createAuthorizer } from "./auth.ts";
import type { Credentials } from "./credentials.ts";
import { acceptedTypes, documentLimit, manifestKind, mediaTypeOf, parseDocument, schema1 } from "./manifest.ts";
import { type RateLimit, readRateLimit } from "./rate-limit.ts";
import { listReferrers } from "./referrers.ts";
import { openRepositoryWriter, type RepositoryWriter } from "./repository-writer.ts";
import { digestOfBytes, readVerified } from "./verified.ts";

/** One repository of one registry. References are tags or digests. Failures are KsoErrors `fetch` or `verify`. */
export interface RepositoryReader {
  /** What the reference points to, by HEAD (by GET where a registry does not answer that in full); undefined when it is not there. */
  head(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined>;
  /** A manifest's own bytes, held to the digest asked for (for a tag: announced by the registry); at most 8 MiB. */
  manifest(reference: string, signal?: AbortSignal): Promise<{ descriptor: Descriptor; bytes: Uint8Array }>;
  /** A small blob whole, held to digest and size; at most 8 MiB. */
  small(blob: Descriptor, signal?: AbortSignal): Promise<Uint8Array>;
  /** What to ask for to download a blob. */
  blob(blob: Descriptor): HttpRequest;
  /** Manifests that refer to this digest; none where the registry has neither the referrers API nor the fallback tag. */
  referrers(digest: Digest, signal?: AbortSignal): Promise<Descriptor[]>;
}

export interface Registry {
  /** @throws KsoError `usage` when it is not a repository name. */
  reader(name: string): RepositoryReader;
  /** The same repository to write to. @throws KsoError `usage` when it is not a repository name. */
  writer(name: string): RepositoryWriter;
  /** Does a registry answer here? @throws FetchError when not, or when it does not let this user in. */
  ping(signal?: AbortSignal): Promise<void>;
  /** Undefined where the registry has not named a limit. */
  rateLimit(): RateLimit | undefined;
}

/**
 * A registry below `base` (`https://registry-1.docker.io`; with a path, as in `http://10.0.0.5:5000/registry.k8s.io`, the
 * path goes in front of repository names). `host` is what credentials are looked up for.
 * @throws KsoError `usage` when the base is not an address.
 */
export function openRegistry(
  http: Http,
  credentials: Credentials,
  base: string,
  host: string,
  actions: "pull" | "pull,push" = "pull",
): Registry {
  if (!URL.canParse(base) || !/^https?:\/\//.test(base))
    throw new KsoError("usage", `"${base}" is not the address of a registry; write https://HOST`);
  const origin = new URL(base);
  const prefix = origin.pathname.replace(/^\/+|\/+$/g, "");
  const authorizer = createAuthorizer(http, credentials, origin, host, actions);
  let budget: RateLimit | undefined;
  const support = { api: true };
  const watched: Http = {
    ...http,
    async send(asked, accept) {
      const answer = await http.send(asked, accept).catch(async (cause) => {
        throw await explain(cause, asked.url, host, credentials, actions);
      });
      budget = readRateLimit(answer.headers) ?? budget;
      return answer;
    },
  };
  const pathOf = (name: string): string => {
    if (!isRepository(name)) throw new KsoError("usage", `"${name}" is not the name of a repository`);
    return prefix === "" ? name : `${prefix}/${name}`;
  };
  return {
    reader(name) {
      const path = pathOf(name);
      return openRepository(watched, `${origin.origin}/v2/${path}`, () => authorizer(path), support);
    },
    writer(name) {
      const path = pathOf(name);
      return openRepositoryWriter(watched, `${origin.origin}/v2/${path}`, () => authorizer(path));
    },
    async ping(signal) {
      const authorize = authorizer("");
      const url = `${origin.origin}/v2/`;
      const answer = await watched.send({ url, authorize, ...(signal && { signal }) });
      await answer.cancel();
    },
    rateLimit: () => budget,
  };
}

/** Where a host of image names is reached: Docker Hub at its own address, this machine without encryption. */
export function registryBase(host: string): string {
  if (host === "docker.io" || host === "index.docker.io") return "https://registry-1.docker.io";
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
  return `${loopback ? "http" : "https"}://${host}`;
}

/** Says on behalf of whom it was asked: registries answer alike for what is not there and what is not public. */
async function explain(
  cause: unknown,
  url: string,
  host: string,
  credentials: Credentials,
  actions: string,
): Promise<unknown> {
  if (!(cause instanceof HttpError) || (cause.status !== 401 && cause.status !== 403)) return cause;
  if (cause.message.startsWith("Cannot log in")) return cause;
  const known = await credentials.find(host, new URL(url).pathname.split("/").slice(2, -2).join("/"));
  const login = `credentials for ${host} (docker login, podman login)`;
  const lacking = actions === "pull" ? `there is no such image, or it needs ${login}` : `pushing needs ${login}`;
  const why = known ? `the credentials are those of ${known.source}` : lacking;
  return new HttpError(`${cause.message}; ${why}`, cause, cause.cause);
}

function openRepository(
  http: Http,
  base: string,
  authorize: () => NonNullable<HttpRequest["authorize"]>,
  support: { api: boolean },
): RepositoryReader {
  // Where HEAD tells too little a manifest is read whole; whoever asks for it next gets these bytes.
  const early = new Map<Digest, { descriptor: Descriptor; bytes: Uint8Array }>();
  const ask = (path: string, more: Partial<HttpRequest>, signal: AbortSignal | undefined): HttpRequest => ({
    url: `${base}/${path}`,
    authorize: authorize(),
    ...(signal && { signal }),
    ...more,
  });
  const manifestAsked = (reference: string, signal: AbortSignal | undefined): HttpRequest =>
    ask(`manifests/${reference}`, { headers: { accept: acceptedTypes } }, signal);

  const manifest: RepositoryReader["manifest"] = async (reference, signal) => {
    const wanted = digestIn(reference);
    const there = wanted && early.get(wanted);
    if (there) {
      early.delete(there.descriptor.digest);
      return there;
    }
    let mediaType = "";
    const bytes = await readVerified(http, manifestAsked(reference, signal), documentLimit, ({ headers, url }) => {
      mediaType = mediaTypeOf(headers);
      // Its digest is not that of its bytes: it would look like a broken transfer.
      if (manifestKind(mediaType) === "schema1") throw schema1(`manifest ${url}`);
      return wanted ?? announced(headers);
    });
    const digest = wanted ?? digestOfBytes(bytes);
    const { mediaType: own } = parseDocument(bytes, { mediaType, digest, size: bytes.length });
    return { descriptor: { mediaType: own, digest, size: bytes.length }, bytes };
  };

  return {
    manifest,
    async head(reference, signal) {
      const wanted = digestIn(reference);
      const asked: HttpRequest = { ...manifestAsked(reference, signal), method: "HEAD" };
      const { status, headers } = await http.send(asked, [200, ...headRefusals, 404]);
      if (status === 404) return undefined;
      const [mediaType, size, digest] = [mediaTypeOf(headers), sizeOf(headers), announced(headers)];
      const kind = manifestKind(mediaType);
      if (kind === "schema1") throw schema1(`manifest ${asked.url}`);
      if (wanted && digest && wanted !== digest)
        throw new KsoError("fetch", `Cannot fetch ${asked.url}: the registry answers with ${digest}`);
      if (status === 200 && kind && size !== undefined && digest) return { mediaType, digest, size };
      const whole = await manifest(reference, signal).catch((cause) => {
        if (cause?.status === 404) return undefined;
        throw cause;
      });
      if (whole) early.set(whole.descriptor.digest, whole);
      return whole?.descriptor;
    },
    async small(blob, signal) {
      const asked = ask(`blobs/${blob.digest}`, {}, signal);
      if (blob.size > documentLimit)
        throw new KsoError(
          "verify",
          `Cannot fetch ${asked.url}: ${blob.size} bytes, where at most ${documentLimit} are read`,
        );
      return await readVerified(http, asked, documentLimit, () => blob.digest, blob.size);
    },
    blob: ({ digest }) => ask(`blobs/${digest}`, {}, undefined),
    referrers: (digest, signal) =>
      listReferrers(http, digest, {
        support,
        api: () => ask(`referrers/${digest}`, { headers: { accept: acceptedTypes } }, signal),
        next: (url) => ({ ...ask("", { headers: { accept: acceptedTypes } }, signal), url }),
        tag: () => manifestAsked(digest.replace(":", "-"), signal),
      }),
  };
}

/** What registries say that serve a manifest by GET only. */
const headRefusals = [400, 405, 501];

function digestIn(reference: string): Digest | undefined {
  const digest = parseDigest(reference);
  if (!digest && !isTag(reference)) throw new KsoError("usage", `"${reference}" is neither a tag nor a digest`);
  return digest;
}

function announced(headers: Headers): Digest | undefined {
  return parseDigest(headers.get("docker-content-digest") ?? "");
}

function sizeOf(headers: Headers): number | undefined {
  const text = headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(text) && text !== "0" ? Number(text) : undefined;
}
