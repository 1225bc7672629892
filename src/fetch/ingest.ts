// Ingests one blob from one source: the body is written, hashed, and committed if it has an expected digest.
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ExpectedDownload } from "../http/download.ts";
import { cannotFetch } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Ingest } from "../store/ingest.ts";

/** The bytes had another digest than expected, twice. */
export class WrongDigest extends KsoError {
  /** Were the wrong bytes the same both times? */
  readonly steady: boolean;
  readonly actual: Digest;
  /** Did they come as a web page? */
  readonly webPage: boolean;
  constructor(
    actual: Digest,
    expected: Digest,
    { steady, webPage = false }: { readonly steady: boolean; readonly webPage?: boolean | undefined },
  ) {
    super("fetch", `it is ${actual} and not ${expected}${steady ? "" : ", and differs from one try to the next"}`);
    this.actual = actual;
    this.steady = steady;
    this.webPage = webPage;
  }
}

/** The size by HEAD. */
export interface AnnouncedSize {
  readonly bytes: number;
  /** The URL of the source. */
  readonly url: string;
}

/** What is known of a blob before it is here. */
export interface WantedBlob {
  /** Bytes, where known. */
  readonly size: number | undefined;
  /** What one of the sources says beforehand. It binds that source alone. */
  readonly announced?: AnnouncedSize | undefined;
  /** Any of these digests is right; where there is none, any bytes are. */
  readonly expected: readonly Digest[];
}

/** The source of one blob, and the limit on downloads. */
export interface IngestSource {
  readonly http: Http;
  readonly request: HttpRequest;
  /** The most bytes where no size is known. */
  readonly limits: NonNullable<ExpectedDownload["limits"]>;
  /** Waits until this download may begin. Returns a function that lets the next one begin. */
  readonly acquire: () => Promise<() => void>;
}

/**
 * Downloads a blob and commits it. Wrong bytes are downloaded once more from the start: an earlier run may have left them, or
 * the network may have damaged them.
 * @throws WrongDigest when the source has something else, HttpError when it does not respond.
 */
export async function ingestBlob(
  transfer: WantedBlob,
  ingest: Ingest,
  { http, request, limits, acquire }: IngestSource,
): Promise<{ digest: Digest; size: number }> {
  const { expected } = transfer;
  let firstDigests: readonly Digest[] | undefined;
  const bounds = { ...boundsOf(transfer, request), limits };
  for (;;) {
    const resumed = ingest.size > 0;
    const release = await acquire();
    let webPage: true | undefined;
    try {
      ({ webPage } = await http.download(request, ingest, bounds));
    } finally {
      release();
    }
    if (webPage && expected.length === 0) refuseWebPage(request, ingest);
    const result = await ingest.commit(expected);
    if (result.committed) return result;
    const [preferred] = expected as readonly [Digest];
    const { algorithm } = digestParts(preferred);
    const actual = result.digests.find((digest) => digestParts(digest).algorithm === algorithm) as Digest;
    if (firstDigests) throw new WrongDigest(actual, preferred, { steady: firstDigests.includes(actual), webPage });
    // Wrong bytes of an earlier run say nothing about the server.
    if (!resumed) firstDigests = result.digests;
  }
}

/** What binds one source. Where a digest tells whether all has come, what the source announced is the most that it may send. */
function boundsOf({ expected, size, announced }: WantedBlob, { url }: HttpRequest): ExpectedDownload {
  if (size !== undefined) return { size };
  if (announced?.url !== url) return {};
  return expected.length > 0 ? { announced: announced.bytes } : { size: announced.bytes };
}

/** A web page is nothing to pin on first sight, unless a page was asked for. */
function refuseWebPage({ url }: HttpRequest, ingest: Ingest): void {
  if (/(?:\/|\.x?html?)$/i.test(new URL(url).pathname)) return;
  ingest.restart(undefined);
  throw cannotFetch(
    url,
    "the server answers with a web page (a login, an error, a notice) where a file is expected, and nobody publishes a digest to tell them apart",
  );
}

/** Wraps an ingest: `advance` is called with the number of bytes that arrive, negative for those that are thrown away. */
export function withProgress(ingest: Ingest, advance: (bytes: number) => void): Ingest {
  const { writeBody } = ingest;
  return {
    get size() {
      return ingest.size;
    },
    get validator() {
      return ingest.validator;
    },
    write(chunk) {
      ingest.write(chunk);
      advance(chunk.length);
    },
    writeBody:
      writeBody &&
      ((body, onProgress) => {
        let reported = 0;
        return writeBody(body, (size) => {
          advance(size - reported);
          reported = size;
          onProgress(size);
        }).finally(() => advance(ingest.size - reported));
      }),
    restart(validator) {
      advance(-ingest.size);
      ingest.restart(validator);
    },
    async commit(expected) {
      const result = await ingest.commit(expected);
      if (!result.committed) advance(-result.size);
      return result;
    },
    release: () => ingest.release(),
  };
}
