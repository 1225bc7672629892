// What refers to a manifest: signatures, SBOMs. From the referrers API page by page, or from the tag that clients keep
// where a registry has no such API.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import { documentLimit, type ManifestDocument, manifestKind, mediaTypeOf, parseDocument } from "./manifest.ts";
import { digestOfBytes } from "./verified.ts";

export interface ReferrerRequests {
  /** Whether this registry has the API, as far as it is known; a registry that once had not is not asked again. */
  readonly support: { api: boolean };
  api(): HttpRequest;
  /** A further page, at an address that the registry gave. */
  next(url: string): HttpRequest;
  /** The fallback tag, `sha256-<hex>`. */
  tag(): HttpRequest;
}

const mostPages = 100;
const mostReferrers = 1_000;
/** What registries without the API say. */
const refusals = [400, 404, 405, 406, 501];

/**
 * Sorted by digest, each once.
 * @throws KsoError `verify` when the list is malformed, endless, or leads to another host.
 */
export async function listReferrers(http: Http, digest: Digest, questions: ReferrerRequests): Promise<Descriptor[]> {
  const found = new Map<Digest, Descriptor>();
  const add = (document: ManifestDocument | undefined): void => {
    for (const { blob } of document?.kind === "index" ? document.entries : [])
      if (manifestKind(blob.mediaType)) found.set(blob.digest, blob);
    if (found.size > mostReferrers) throw endless(digest, `more than ${mostReferrers} manifests`);
  };
  const { support } = questions;
  const first = support.api ? await ask(http, questions.api()) : undefined;
  if (!first) {
    support.api = false;
    // HEAD, because it is seldom there and a GET may count against a rate limit.
    const { status } = await http.send({ ...questions.tag(), method: "HEAD" }, refusals);
    if (status === 200) add((await ask(http, questions.tag()))?.document);
  }
  let page = first;
  for (let pages = 1; page; pages++) {
    add(page.document);
    if (page.next === undefined) break;
    if (pages === mostPages) throw endless(digest, `more than ${mostPages} pages`);
    page = await ask(http, questions.next(page.next));
  }
  return [...found.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

async function ask(
  http: Http,
  asked: HttpRequest,
): Promise<{ document: ManifestDocument; next: string | undefined } | undefined> {
  const answer = await http.send(asked, refusals);
  const mediaType = mediaTypeOf(answer.headers);
  // Some registries answer what they do not know with a page for people.
  if (answer.status !== 200 || manifestKind(mediaType) !== "index") {
    await answer.cancel();
    return undefined;
  }
  const bytes = await answer.bytes(documentLimit);
  const document = parseDocument(bytes, { mediaType, digest: digestOfBytes(bytes), size: bytes.length });
  return { document, next: nextOf(answer.headers.get("link"), asked.url) };
}

/** `</v2/…?n=2>; rel="next"`, against the address that was asked. */
function nextOf(link: string | null, asked: string): string | undefined {
  const [, target] = /<([^>]*)>\s*;[^<]*\brel\s*=\s*"?next\b/i.exec(link ?? "") ?? [];
  if (target === undefined) return undefined;
  const url = URL.canParse(target, asked) ? new URL(target, asked) : undefined;
  if (url?.origin !== new URL(asked).origin)
    throw new KsoError("verify", `Cannot read the referrers at ${asked}: the next page is at another host`);
  return url.href;
}

function endless(digest: Digest, what: string): KsoError {
  return new KsoError("verify", `Cannot read the referrers of ${digest}: ${what}`);
}
