// A small answer, read whole into memory and never more than was said.

import { cannotFetch, shownUrl, statusText } from "./error.ts";
import { contentLengthOf, unexpectedEncoding } from "./ranges.ts";
import type { HttpRequest, HttpResponse } from "./request.ts";
import type { OpenResponse } from "./send-once.ts";

/** `again` runs a try, and repeats it with a new reply while it may pass. */
export function answered(
  asked: HttpRequest,
  reply: OpenResponse,
  again: (attempt: (open: () => Promise<OpenResponse>) => Promise<Uint8Array>) => Promise<Uint8Array>,
): HttpResponse {
  let current: OpenResponse | undefined = reply;
  const { status, headers } = reply.response;
  return {
    status,
    headers,
    url: shownUrl(reply.url),
    async bytes(limit) {
      return await again(async (open) => {
        const next = current ?? (await open());
        current = undefined;
        if (next.response.status === status) return await readAll(asked, next, limit);
        next.drop();
        throw cannotFetch(asked.url, `${statusText(next.response.status)}, after ${statusText(status)} was cut`);
      });
    },
    async cancel() {
      await current?.discard();
      current = undefined;
    },
  };
}

async function readAll(asked: HttpRequest, reply: OpenResponse, limit: number): Promise<Uint8Array> {
  const { headers } = reply.response;
  const tooLong = (): Error => cannotFetch(asked.url, `the answer is longer than ${limit} bytes, which is refused`);
  try {
    const encoding = unexpectedEncoding(headers, reply.url);
    if (encoding !== undefined) throw cannotFetch(asked.url, `the server sends it encoded as "${encoding}"`);
    const declared = contentLengthOf(headers);
    if (declared !== undefined && declared > limit && asked.method !== "HEAD") throw tooLong();
    const chunks: Uint8Array[] = [];
    let size = 0;
    await reply.read((chunk) => {
      size += chunk.length;
      if (size > limit) throw tooLong();
      chunks.push(chunk);
    });
    const whole = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  } finally {
    reply.drop();
  }
}
