import { cannotFetch, shownUrl, statusText } from "./error.ts";
import type { OpenResponse } from "./open-response.ts";
import { contentLengthOf, unexpectedEncoding } from "./ranges.ts";
import type { HttpRequest, HttpResponse } from "./request.ts";

/** One try to read a body; `open` sends the request again where the first response was cut. */
export type ReadAttempt = (open: () => Promise<OpenResponse>) => Promise<Uint8Array>;

/**
 * Makes a response whose body is read whole into memory, up to a limit.
 * @param retryRead runs a try, and repeats it with a new response while that may help.
 */
export function bufferedResponse(
  request: HttpRequest,
  first: OpenResponse,
  retryRead: (attempt: ReadAttempt) => Promise<Uint8Array>,
): HttpResponse {
  let current: OpenResponse | undefined = first;
  const { status, headers } = first;
  return {
    status,
    headers,
    url: shownUrl(first.url),
    async bytes(limit) {
      return await retryRead(async (open) => {
        const response = current ?? (await open());
        current = undefined;
        if (response.status === status) return await readAll(request, response, limit);
        response.drop();
        throw cannotFetch(request.url, `${statusText(response.status)}, after ${statusText(status)} was cut`);
      });
    },
    async cancel() {
      await current?.discard();
      current = undefined;
    },
  };
}

async function readAll({ url, method }: HttpRequest, response: OpenResponse, limit: number): Promise<Uint8Array> {
  const { headers } = response;
  const tooLong = (): Error => cannotFetch(url, `the answer is longer than ${limit} bytes, which is refused`);
  try {
    const encoding = unexpectedEncoding(headers, response.url);
    if (encoding !== undefined) throw cannotFetch(url, `the server sends it encoded as "${encoding}"`);
    const declared = contentLengthOf(headers);
    if (declared !== undefined && declared > limit && method !== "HEAD") throw tooLong();
    const chunks: Uint8Array[] = [];
    let size = 0;
    await response.read((chunk) => {
      size += chunk.length;
      if (size > limit) throw tooLong();
      chunks.push(chunk);
    });
    return joined(chunks, size);
  } finally {
    response.drop();
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
