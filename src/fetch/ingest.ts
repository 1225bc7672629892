// Ingests one blob from one source: the body is written, hashed, and committed if it has an expected digest.
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Ingest } from "../store/ingest.ts";

/** Longer than any file of a cluster: a body without an announced length ends here. Bytes. */
const maxSize = 32 * 2 ** 30;

/** The bytes had another digest than expected, twice. */
export class WrongDigest extends KsoError {
  /** Were the wrong bytes the same both times? */
  readonly steady: boolean;
  readonly actual: Digest;
  constructor(actual: Digest, expected: Digest, steady: boolean) {
    super("fetch", `it is ${actual} and not ${expected}${steady ? "" : ", and differs from one try to the next"}`);
    this.actual = actual;
    this.steady = steady;
  }
}

/** The source of one blob, and the limit on downloads. */
export interface IngestSource {
  readonly http: Http;
  readonly request: HttpRequest;
  /** Waits until this download may begin. Returns a function that lets the next one begin. */
  readonly acquire: () => Promise<() => void>;
}

/**
 * Downloads a blob and commits it. Wrong bytes are downloaded once more from the start: an earlier run may have left them, or
 * the network may have damaged them.
 * @throws WrongDigest when the source has something else, HttpError when it does not respond.
 */
export async function ingestBlob(
  { expected, size }: { readonly expected: readonly Digest[]; readonly size: number | undefined },
  ingest: Ingest,
  { http, request, acquire }: IngestSource,
): Promise<{ digest: Digest; size: number }> {
  let firstDigests: readonly Digest[] | undefined;
  for (;;) {
    const resumed = ingest.size > 0;
    const release = await acquire();
    try {
      await http.download(request, ingest, size === undefined ? {} : { size });
    } finally {
      release();
    }
    const result = await ingest.commit(expected);
    if (result.committed) return result;
    const [preferred] = expected as readonly [Digest];
    const { algorithm } = digestParts(preferred);
    const actual = result.digests.find((digest) => digestParts(digest).algorithm === algorithm) as Digest;
    if (firstDigests) throw new WrongDigest(actual, preferred, firstDigests.includes(actual));
    // Wrong bytes of an earlier run say nothing about the server.
    if (!resumed) firstDigests = result.digests;
  }
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
      assertNotEndless(ingest.size);
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
          assertNotEndless(size);
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

function assertNotEndless(size: number): void {
  if (size > maxSize) throw new KsoError("fetch", `it does not end (${maxSize} bytes and more)`);
}
