// Small bodies, whole and proven. In travels a request and the digest that its answer must have; out travel the bytes.
import { createHash } from "node:crypto";
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";

/** Wrong bytes are asked for again: a proxy's cache may be broken, and is passed by another time. Tries in all. */
const tries = 2;

/**
 * Reads an answer whole.
 * @param expect the digest, known beforehand or from the answer's headers; undefined where nobody names one.
 * @throws FetchError for a failed request; KsoError `fetch` when the bytes are wrong twice, or more than `limit`.
 */
export async function readVerified(
  http: Http,
  asked: HttpRequest,
  limit: number,
  expect: (answer: HttpResponse) => Digest | undefined,
  size?: number,
): Promise<Uint8Array> {
  for (let tried = 1; ; tried++) {
    const answer = await http.send(asked);
    const digest = await expected(answer, expect);
    const bytes = await answer.bytes(limit);
    const found = digest && digestOfBytes(bytes, digest);
    let wrong: string;
    if (size !== undefined && bytes.length !== size) wrong = `it has ${bytes.length} bytes where ${size} are expected`;
    else if (found !== digest) wrong = `it has the digest ${found} where ${digest} is expected`;
    else return bytes;
    if (tried === tries) throw new KsoError("fetch", `Cannot fetch ${asked.url}: ${wrong} (${tries} attempts)`);
    asked.onRetry?.(wrong);
  }
}

async function expected(
  answer: HttpResponse,
  expect: (answer: HttpResponse) => Digest | undefined,
): Promise<Digest | undefined> {
  try {
    return expect(answer);
  } catch (cause) {
    await answer.cancel();
    throw cause;
  }
}

/** The digest of these bytes, by the algorithm of another one. */
export function digestOfBytes(bytes: Uint8Array, like: Digest = "sha256:"): Digest {
  const { algorithm } = digestParts(like);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}
