// The bytes of one blob into an upload session: small ones in one piece, large ones in chunks, so that a cut connection costs
// one chunk. A session that ran out begins anew; a registry without chunks gets the whole at once.
import type { Descriptor } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "../http/request.ts";
import { RegistryError } from "./registry-error.ts";
import { checkDigest, locationOf, type UploadSession } from "./upload-session.ts";

/** A blob to send. */
export interface BlobUpload {
  /** So many bytes of it, from there on. */
  part(offset: number, length: number): RequestBody;
  /** So many bytes more have been sent; negative where they have to be sent again. */
  advance(bytes: number): void;
  /** It begins again, or a part of it does, because of this. */
  retry(cause: string): void;
  /** Told where the upload can be gone on with by a later run; undefined when it is over. */
  readonly remember?: (session: UploadSession | undefined) => void;
  /** A larger blob travels in pieces of so many bytes. */
  readonly chunk?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Ask {
  begin(): Promise<UploadSession>;
  /** Is the blob there? */
  has(): Promise<boolean>;
  send(
    url: string,
    method: NonNullable<HttpRequest["method"]>,
    more: Partial<HttpRequest>,
    good: readonly number[],
  ): Promise<HttpResponse>;
}

/** What travels in one request, unless told otherwise. Bytes. */
const usual = 64 << 20;
/** Sessions for one blob. */
const tries = 3;

/** The session is worth nothing any more. */
class Spoiled extends KsoError {
  /** Did the registry take a chunk of it, and is it worth another try in chunks? */
  readonly some: boolean;
  constructor(reason: string, some: boolean, cause: unknown) {
    super("remote", reason, cause);
    this.some = some;
  }
}

/** @throws Refusal, FetchError; KsoError `remote` when the registry answers with another digest. */
export async function uploadBlob(
  ask: Ask,
  blob: Descriptor,
  outgoing: BlobUpload,
  given?: UploadSession,
): Promise<void> {
  let chunks = blob.size > (outgoing.chunk ?? usual);
  for (let tried = 1, session = given; ; tried++, session = undefined) {
    const open = session ?? (await ask.begin());
    try {
      const answer = await (chunks ? inChunks(ask, blob, outgoing, open) : atOnce(ask, blob, outgoing, open));
      outgoing.remember?.(undefined);
      checkDigest(answer, blob.digest);
      return;
    } catch (cause) {
      if (!(cause instanceof Spoiled)) throw cause;
      outgoing.remember?.(undefined);
      // The answer to a try that did store it may be what was lost.
      if (await ask.has()) return outgoing.advance(blob.size);
      if (tried === tries) throw cause.cause;
      outgoing.retry(cause.message);
      chunks &&= cause.some || session?.resumed === true;
    }
  }
}

async function atOnce(
  ask: Ask,
  { digest, size }: Descriptor,
  outgoing: BlobUpload,
  { url }: UploadSession,
): Promise<HttpResponse> {
  let again = false;
  const onRetry = (cause: string): void => {
    again = true;
    outgoing.retry(cause);
  };
  const more = { body: outgoing.part(0, size), headers: octets, onSent: outgoing.advance, onRetry, slow: true };
  try {
    const answer = await ask.send(withDigest(url, digest), "PUT", more, [201, 204]);
    await answer.cancel();
    return answer;
  } catch (cause) {
    // What an earlier try left in the session stands in the way of the next one.
    if (cause instanceof RegistryError && (again || isOver(cause) || cause.codes.includes("DIGEST_INVALID")))
      throw new Spoiled(cause.reason, false, cause);
    throw cause;
  }
}

async function inChunks(
  ask: Ask,
  blob: Descriptor,
  outgoing: BlobUpload,
  session: UploadSession,
): Promise<HttpResponse> {
  const { digest, size } = blob;
  const { chunk = usual } = outgoing;
  let { url } = session;
  let at = 0;
  const moveTo = (next: number): void => {
    outgoing.advance(next - at);
    at = next;
  };
  const look = async (): Promise<void> => {
    const answer = await ask.send(url, "GET", {}, [204]);
    await answer.cancel();
    if (answer.headers.has("location")) url = locationOf(answer);
    moveTo(Math.min(size, keptOf(answer) ?? 0));
  };
  let lost = 0;
  try {
    if (session.resumed) await look();
    while (at < size) {
      const length = Math.min(chunk, size - at);
      const headers = { ...octets, "content-range": `${at}-${at + length - 1}` };
      const more = { body: outgoing.part(at, length), headers, onSent: outgoing.advance, onRetry: outgoing.retry };
      try {
        const answer = await ask.send(url, "PATCH", more, [202]);
        await answer.cancel();
        url = locationOf(answer);
        at += length;
        // A registry may keep less than it was sent.
        const kept = keptOf(answer);
        if (kept !== undefined && kept < at) moveTo(kept);
      } catch (cause) {
        // The chunk does not begin where the registry's bytes end: a try that was cut has left some there.
        if (!(cause instanceof RegistryError && cause.status === 416) || ++lost > tries) throw cause;
        await look();
        outgoing.retry(cause.reason);
      }
      outgoing.remember?.({ url });
    }
    const answer = await ask.send(withDigest(url, digest), "PUT", { body: "", slow: true }, [201, 204]);
    await answer.cancel();
    return answer;
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    outgoing.advance(-at);
    // Whoever puts chunks together wrongly gets the blob in one piece.
    throw new Spoiled(cause.reason, at > 0 && !cause.codes.includes("DIGEST_INVALID"), cause);
  }
}

const octets = { "content-type": "application/octet-stream" };

/** `Range: 0-41`: 42 bytes are there. Registries say `0-0` for none as well. */
function keptOf({ headers }: HttpResponse): number | undefined {
  const [, last] = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get("range") ?? "") ?? [];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}

function isOver({ status, codes }: RegistryError): boolean {
  return status === 404 || codes.some((code) => code.startsWith("BLOB_UPLOAD_"));
}

/** The query may be signed: what is there stays as it is. */
function withDigest(url: string, digest: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}
