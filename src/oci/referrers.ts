// What refers to a manifest: signatures, SBOMs. From the referrers API page by page, or from the tag that clients keep
// where a registry has no such API.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import { documentLimit } from "./document.ts";
import { type ManifestDocument, manifestKind, mediaTypeOf, parseDocument } from "./manifest.ts";
import { digestOfBytes } from "./verified.ts";

/** Whether a registry has the referrers API; after the first response that shows it has not, it is not requested again. */
export interface ReferrersApi {
  supported: boolean;
}

/** The requests that list the referrers of one digest. */
export interface ReferrersRequests {
  readonly api: ReferrersApi;
  apiRequest(): HttpRequest;
  /** A further page, at an address that the registry gave. */
  pageRequest(url: string): HttpRequest;
  /** The fallback tag, `sha256-<hex>`. */
  tagRequest(): HttpRequest;
}

const maxPages = 100;
const maxReferrers = 1_000;
/** Statuses of registries without the API. */
const unsupportedStatuses = [400, 404, 405, 406, 501];

interface Page {
  readonly document: ManifestDocument;
  /** The address of the next page. */
  readonly next: string | undefined;
}

/**
 * Lists what refers to a digest, sorted by digest, each once.
 * @throws KsoError `verify` when the list is malformed, endless, or leads to another host.
 */
export async function listReferrers(http: Http, digest: Digest, requests: ReferrersRequests): Promise<Descriptor[]> {
  const referrers = new Map<Digest, Descriptor>();
  for await (const { document } of pagesOf(http, digest, requests)) {
    for (const { blob } of document.kind === "index" ? document.entries : [])
      if (manifestKind(blob.mediaType)) referrers.set(blob.digest, blob);
    if (referrers.size > maxReferrers) throw tooManyReferrers(digest, `more than ${maxReferrers} manifests`);
  }
  return [...referrers.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

async function* pagesOf(http: Http, digest: Digest, requests: ReferrersRequests): AsyncGenerator<Page> {
  const { api } = requests;
  let page = api.supported ? await readPage(http, requests.apiRequest()) : undefined;
  if (!page) {
    api.supported = false;
    const fallback = await readFallbackTag(http, requests);
    if (fallback) yield fallback;
    return;
  }
  for (let pages = 1; page; pages++) {
    yield page;
    if (page.next === undefined) return;
    if (pages === maxPages) throw tooManyReferrers(digest, `more than ${maxPages} pages`);
    page = await readPage(http, requests.pageRequest(page.next));
  }
}

/** By HEAD first, because it is seldom there and a GET may count against a rate limit. */
async function readFallbackTag(http: Http, requests: ReferrersRequests): Promise<Page | undefined> {
  const { status } = await http.send({ ...requests.tagRequest(), method: "HEAD" }, unsupportedStatuses);
  return status === 200 ? await readPage(http, requests.tagRequest()) : undefined;
}

async function readPage(http: Http, request: HttpRequest): Promise<Page | undefined> {
  const response = await http.send(request, unsupportedStatuses);
  const mediaType = mediaTypeOf(response.headers);
  // Some registries respond to unknown paths with an HTML page.
  if (response.status !== 200 || manifestKind(mediaType) !== "index") {
    await response.cancel();
    return undefined;
  }
  const bytes = await response.bytes(documentLimit);
  const document = parseDocument(bytes, { mediaType, digest: digestOfBytes(bytes), size: bytes.length });
  return { document, next: nextOf(response.headers.get("link"), request.url) };
}

/** The URL in `</v2/…?n=2>; rel="next"`, relative to that of the request. */
function nextOf(link: string | null, requestUrl: string): string | undefined {
  const [, target] = /<([^<>]*)>\s*;[^<]*\brel\s*=\s*"?next\b/i.exec(link ?? "") ?? [];
  if (target === undefined) return undefined;
  const url = URL.canParse(target, requestUrl) ? new URL(target, requestUrl) : undefined;
  if (url?.origin !== new URL(requestUrl).origin)
    throw new KsoError("verify", `Cannot read the referrers at ${requestUrl}: the next page is at another host`);
  return url.href;
}

function tooManyReferrers(digest: Digest, excess: string): KsoError {
  return new KsoError("verify", `Cannot read the referrers of ${digest}: ${excess}`);
}
