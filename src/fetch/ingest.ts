// One blob from one source into the store: the body is written, hashed, and committed if it is what was expected.
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Ingest } from "../store/ingest.ts";

/** No file of a cluster is that long: a body that nobody announced a length of stops here. Bytes. */
const maxSize = 32 * 2 ** 30;

/** The bytes were not what was expected, twice. */
export class WrongDigest extends KsoError {
  /** The same wrong bytes both times? */
  readonly steady: boolean;
  readonly actual: Digest;
  constructor(actual: Digest, expected: Digest, steady: boolean) {
    super("fetch", `it is ${actual} and not ${expected}${steady ? "" : ", and differs from one try to the next"}`);
    this.actual = actual;
    this.steady = steady;
  }
}

/** Where one blob comes from, and when it may. */
export interface IngestSource {
  readonly http: Http;
  readonly request: HttpRequest;
  /** Waits until this download may begin. @returns lets the next one begin. */
  readonly acquire: () => Promise<() => void>;
}

/**
 * Downloads a blob and commits it. Two tries: what was left over from an earlier run, or damaged on its way, gets a second one
 * from the start.
 * @throws WrongDigest when the source has something else, HttpError when it does not answer.
 */
export async function ingestBlob(
  { expected, size }: { readonly expected: readonly Digest[]; readonly size: number | undefined },
  ingest: Ingest,
  { http, request, acquire }: IngestSource,
): Promise<{ digest: Digest; size: number }> {
  let first: readonly Digest[] | undefined;
  for (;;) {
    const inherited = ingest.size > 0;
    const release = await acquire();
    try {
      await http.download(request, ingest, size === undefined ? {} : { size });
    } finally {
      release();
    }
    const result = await ingest.commit(expected);
    if (result.committed) return result;
    const [stated] = expected as readonly [Digest];
    const { algorithm } = digestParts(stated);
    const actual = result.digests.find((digest) => digestParts(digest).algorithm === algorithm) as Digest;
    if (first) throw new WrongDigest(actual, stated, first.includes(actual));
    // A leftover that does not fit says nothing about the server.
    if (!inherited) first = result.digests;
  }
}

/** The same ingest, telling of each byte that comes and of those that are thrown away. */
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
