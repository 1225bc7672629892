// What is asked for has a digest and a size; out travels the response, whole or in ranges, from memory or from where its bytes
// lie. Conditions and ranges are those of RFC 9110, sections 13 and 14; the digest is the entity tag.
import type { Descriptor, Extent } from "../../core/descriptor.ts";
import { sliceExtents, totalLength } from "../../files/extents.ts";
import { parseRanges, type Range } from "./ranges.ts";

/** Bytes for a response, in order. */
export type BodyPart = Uint8Array<ArrayBuffer> | Extent;

export interface ContentSource {
  /** The whole blob, where it is small and asked for often. */
  cached(blob: Descriptor): Uint8Array<ArrayBuffer> | undefined;
  /** Where the bytes lie now. @throws KsoError `verify` where they are not as they were. */
  locate(blob: Descriptor): readonly Extent[];
  /** A body of the runtime's own making: files are sent by the kernel where it can. */
  body(pieces: readonly BodyPart[]): Blob | ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
}

/** What is given: which bytes, and the headers of the answers. Prepared once, for headers cost more than the rest of an answer. */
export interface Representation {
  readonly blob: Descriptor;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the whole, its length included. */
  readonly whole: Headers;
}

/** `headers`: beside those of HTTP's own. */
export function representation(blob: Descriptor, headers: Readonly<Record<string, string>>): Representation {
  const all = { ...headers, etag: `"${blob.digest}"`, "accept-ranges": "bytes" };
  return { blob, headers: all, whole: new Headers({ ...all, "content-length": String(blob.size) }) };
}

/** Answers GET and HEAD. */
export function respond(request: Request, { blob, headers, whole }: Representation, source: ContentSource): Response {
  const { digest, size } = blob;
  const tag = `"${digest}"`;
  const asked = request.headers;
  const match = asked.get("if-match");
  if (match !== null && !names(match, tag, false)) return new Response(null, { status: 412, headers });
  const none = asked.get("if-none-match");
  if (none !== null && names(none, tag, true)) return new Response(null, { status: 304, headers });
  if (request.method === "HEAD") return new Response(null, { headers: whole });
  const range = asked.get("range");
  const condition = range === null ? null : asked.get("if-range");
  if (range !== null && (condition === null || condition === tag)) {
    const ranges = parseRanges(range, size);
    if (ranges) return partial(blob, ranges, headers, source);
  }
  return new Response(source.cached(blob) ?? source.body(source.locate(blob)), { headers: whole });
}

function partial(
  blob: Descriptor,
  ranges: readonly Range[],
  headers: Readonly<Record<string, string>>,
  source: ContentSource,
): Response {
  const { size } = blob;
  const [first, second] = ranges;
  if (!first) return new Response(null, { status: 416, headers: { ...headers, "content-range": `bytes */${size}` } });
  const hot = source.cached(blob);
  const extents = hot ? [] : source.locate(blob);
  const piecesOf = ({ offset, length }: Range): readonly BodyPart[] =>
    hot ? [hot.subarray(offset, offset + length)] : sliceExtents(extents, offset, length);
  const rangeOf = ({ offset, length }: Range): string => `bytes ${offset}-${offset + length - 1}/${size}`;
  if (!second)
    return new Response(source.body(piecesOf(first)), {
      status: 206,
      headers: { ...headers, "content-range": rangeOf(first), "content-length": String(first.length) },
    });
  const { "content-type": type = "application/octet-stream", ...rest } = headers;
  const boundary = `kso-${blob.digest.slice(-32)}`;
  const encoder = new TextEncoder();
  const pieces = ranges.flatMap((range): BodyPart[] => [
    encoder.encode(`\r\n--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: ${rangeOf(range)}\r\n\r\n`),
    ...piecesOf(range),
  ]);
  pieces.push(encoder.encode(`\r\n--${boundary}--\r\n`));
  return new Response(source.body(pieces), {
    status: 206,
    headers: {
      ...rest,
      "content-type": `multipart/byteranges; boundary=${boundary}`,
      "content-length": String(totalLength(pieces)),
    },
  });
}

/** Whether a list of entity tags has this one; `weak`: a weak one will do. */
function names(list: string, tag: string, weak: boolean): boolean {
  return (
    list.trim() === "*" || list.split(",").some((one) => (weak ? one.trim().replace(/^W\//, "") : one.trim()) === tag)
  );
}
