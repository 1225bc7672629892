import { createHash } from "node:crypto";
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";

/** What the bytes of a small response are checked against. */
export interface ExpectedBytes {
  /** At most so many bytes. */
  readonly limit: number;
  /** The digest, known beforehand or from the response's headers; undefined where nobody names one. */
  readonly digestIn: (response: HttpResponse) => Digest | undefined;
  readonly size?: number;
}

/** Tries in all. Wrong bytes are requested once more: a proxy may have damaged them. */
const maxTries = 2;

/**
 * Reads a small response whole.
 * @throws HttpError for a failed request; KsoError `fetch` when the bytes are wrong twice, or more than the limit.
 */
export async function readVerified(http: Http, request: HttpRequest, expected: ExpectedBytes): Promise<Uint8Array> {
  const { limit, size } = expected;
  for (let tries = 1; ; tries++) {
    const response = await http.send(request);
    const digest = await expectedDigest(response, expected);
    const bytes = await response.bytes(limit);
    const actual = digest && digestOfBytes(bytes, digest);
    let mismatch: string;
    if (size !== undefined && bytes.length !== size)
      mismatch = `it has ${bytes.length} bytes where ${size} are expected`;
    else if (actual !== digest) mismatch = `it has the digest ${actual} where ${digest} is expected`;
    else return bytes;
    if (tries === maxTries) throw new KsoError("fetch", `Cannot fetch ${request.url}: ${mismatch} (${tries} attempts)`);
    request.onRetry?.(mismatch);
  }
}

async function expectedDigest(response: HttpResponse, { digestIn }: ExpectedBytes): Promise<Digest | undefined> {
  try {
    return digestIn(response);
  } catch (cause) {
    await response.cancel();
    throw cause;
  }
}

/** The digest of these bytes, by the algorithm of `like`. */
export function digestOfBytes(bytes: Uint8Array, like: Digest = "sha256:"): Digest {
  const { algorithm } = digestParts(like);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}
