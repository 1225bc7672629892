// Uploads one blob: a small one in one request, a large one in chunks, so that a cut connection costs one chunk. A session
// that has expired is replaced by a new one; a registry that takes no chunks gets the whole blob at once.
import type { Descriptor } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "../http/request.ts";
import { RegistryError } from "./registry-error.ts";
import { checkDigest, locationOf, type UploadSession } from "./upload-session.ts";

/** The bytes of a blob, and callbacks for their progress. */
export interface BlobUpload {
  /** `length` bytes of it, from `offset` on. */
  part(offset: number, length: number): RequestBody;
  /** Called with the number of bytes that were sent; negative where they have to be sent again. */
  advance(bytes: number): void;
  /** Called with the number of bytes that an earlier run left at the registry; negative where they are lost after all. */
  found(bytes: number): void;
  /** Called with the cause when the upload, or a part of it, begins again. */
  retry(cause: string): void;
  /** Called with the session that a later run can resume; with undefined when the upload is over. */
  readonly remember?: (session: UploadSession | undefined) => void;
  /** A larger blob is sent in chunks of so many bytes. */
  readonly chunk?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The requests to a repository that an upload is made of. */
export interface UploadRequests {
  begin(): Promise<UploadSession>;
  /** Is the blob there? */
  has(): Promise<boolean>;
  /** Sends a request whose response is to have one of the statuses. */
  send(request: HttpRequest, statuses: readonly number[]): Promise<HttpResponse>;
}

/** Bytes in one request, unless the options say otherwise. */
const defaultChunk = 64 << 20;
/** Sessions for one blob; also, how often a chunk may be out of place in one of them. */
const maxTries = 3;
const octetStream = { "content-type": "application/octet-stream" };

/** The session cannot be used any more. */
class LostSession extends KsoError {
  /** Did the registry take a chunk in it? Then another try in chunks makes sense. */
  readonly chunksWork: boolean;
  constructor(reason: string, chunksWork: boolean, cause: RegistryError) {
    super("remote", reason, cause);
    this.chunksWork = chunksWork;
  }
}

/**
 * Uploads a blob, in a session if there is one already.
 * @throws RegistryError, HttpError; KsoError `remote` when the registry answers with another digest.
 */
export async function uploadBlob(
  requests: UploadRequests,
  blob: Descriptor,
  upload: BlobUpload,
  firstSession?: UploadSession,
): Promise<void> {
  let chunked = blob.size > (upload.chunk ?? defaultChunk);
  let session = firstSession;
  for (let tries = 1; ; tries++) {
    const lost = await uploadOnce(requests, blob, upload, { session: session ?? (await requests.begin()), chunked });
    if (!lost) return;
    // The blob may have been stored, and only the response been lost.
    if (await requests.has()) return upload.advance(blob.size);
    if (tries === maxTries) throw lost.cause;
    upload.retry(lost.message);
    chunked &&= lost.chunksWork || session?.resumed === true;
    session = undefined;
  }
}

async function uploadOnce(
  requests: UploadRequests,
  blob: Descriptor,
  upload: BlobUpload,
  { session, chunked }: { readonly session: UploadSession; readonly chunked: boolean },
): Promise<LostSession | undefined> {
  try {
    const response = chunked
      ? await new ChunkedUpload(requests, blob, upload, session).send()
      : await sendAtOnce(requests, blob, upload, session);
    upload.remember?.(undefined);
    checkDigest(response, blob.digest);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof LostSession)) throw cause;
    upload.remember?.(undefined);
    return cause;
  }
}

async function sendAtOnce(
  requests: UploadRequests,
  { digest, size }: Descriptor,
  upload: BlobUpload,
  { url }: UploadSession,
): Promise<HttpResponse> {
  let retried = false;
  const onRetry = (cause: string): void => {
    retried = true;
    upload.retry(cause);
  };
  try {
    const response = await requests.send(
      {
        url: withDigest(url, digest),
        method: "PUT",
        body: upload.part(0, size),
        headers: octetStream,
        onSent: (bytes) => upload.advance(bytes),
        onRetry,
        slow: true,
      },
      [201, 204],
    );
    await response.cancel();
    return response;
  } catch (cause) {
    // After a cut try the session holds bytes that make every further one fail.
    if (cause instanceof RegistryError && (retried || isSessionLost(cause) || cause.codes.includes("DIGEST_INVALID")))
      throw new LostSession(cause.reason, false, cause);
    throw cause;
  }
}

/** The upload of a blob in chunks, in one session. */
class ChunkedUpload {
  readonly #requests: UploadRequests;
  readonly #blob: Descriptor;
  readonly #upload: BlobUpload;
  readonly #resumed: boolean;
  #url: string;
  #offset = 0;
  /** Bytes that were there before this run. */
  #found = 0;
  /** Chunks that did not begin where the registry's bytes end. */
  #misplaced = 0;

  constructor(requests: UploadRequests, blob: Descriptor, upload: BlobUpload, session: UploadSession) {
    this.#requests = requests;
    this.#blob = blob;
    this.#upload = upload;
    this.#resumed = session.resumed === true;
    this.#url = session.url;
  }

  /** Sends what the registry does not have yet. @throws LostSession where it refuses. */
  async send(): Promise<HttpResponse> {
    try {
      if (this.#resumed) await this.#resume();
      while (this.#offset < this.#blob.size) {
        await this.#sendChunk();
        this.#upload.remember?.({ url: this.#url });
      }
      const url = withDigest(this.#url, this.#blob.digest);
      const response = await this.#requests.send({ url, method: "PUT", body: "", slow: true }, [201, 204]);
      await response.cancel();
      return response;
    } catch (cause) {
      if (!(cause instanceof RegistryError)) throw cause;
      this.#upload.found(-this.#found);
      this.#upload.advance(this.#found - this.#offset);
      // A registry that puts chunks together wrongly gets the blob in one request.
      throw new LostSession(cause.reason, this.#offset > 0 && !cause.codes.includes("DIGEST_INVALID"), cause);
    }
  }

  async #sendChunk(): Promise<void> {
    const { chunk = defaultChunk } = this.#upload;
    const start = this.#offset;
    const length = Math.min(chunk, this.#blob.size - start);
    try {
      const response = await this.#requests.send(
        {
          url: this.#url,
          method: "PATCH",
          body: this.#upload.part(start, length),
          headers: { ...octetStream, "content-range": `${start}-${start + length - 1}` },
          onSent: (bytes) => this.#upload.advance(bytes),
          onRetry: (cause) => this.#upload.retry(cause),
        },
        [202],
      );
      await response.cancel();
      this.#url = locationOf(response);
      this.#offset = start + length;
      // A registry may keep less than it was sent.
      const stored = storedBytes(response);
      if (stored !== undefined && stored < this.#offset) this.#moveTo(stored);
    } catch (cause) {
      // The chunk does not begin where the registry's bytes end: a try that was cut has left some there.
      if (!(cause instanceof RegistryError && cause.status === 416) || ++this.#misplaced > maxTries) throw cause;
      this.#moveTo(await this.#storedSize());
      this.#upload.retry(cause.reason);
    }
  }

  async #resume(): Promise<void> {
    this.#found = await this.#storedSize();
    this.#offset = this.#found;
    this.#upload.found(this.#found);
  }

  /** Asks the registry where its bytes end. */
  async #storedSize(): Promise<number> {
    const response = await this.#requests.send({ url: this.#url, method: "GET" }, [204]);
    await response.cancel();
    if (response.headers.has("location")) this.#url = locationOf(response);
    return Math.min(this.#blob.size, storedBytes(response) ?? 0);
  }

  #moveTo(offset: number): void {
    this.#upload.advance(offset - this.#offset);
    this.#offset = offset;
  }
}

/** `Range: 0-41`: 42 bytes are there. Registries say `0-0` for none as well. */
function storedBytes({ headers }: HttpResponse): number | undefined {
  const [, last] = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get("range") ?? "") ?? [];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}

function isSessionLost({ status, codes }: RegistryError): boolean {
  return status === 404 || codes.some((code) => code.startsWith("BLOB_UPLOAD_"));
}

/** The query may be signed: what is there stays as it is. */
function withDigest(url: string, digest: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}
