// Responses that give a blob, whole or in ranges, from memory or from where its bytes lie. Conditions and ranges are those of
// RFC 9110, sections 13 and 14; the digest is the entity tag.
import type { Descriptor, Extent } from "../../core/descriptor.ts";
import { sliceExtents, totalLength } from "../../files/extents.ts";
import type { BodyPart } from "../../runtime/body.ts";
import { parseRanges, type Range } from "./ranges.ts";

/** Where responses take bytes from. */
export interface ContentSource {
  /** The whole blob, where it is small. */
  cached(blob: Descriptor): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Where the bytes lie now.
   * @throws KsoError `verify` where they are not as they were.
   */
  locate(blob: Descriptor): readonly Extent[];
  /** A response body of these parts; the runtime lets the kernel send files where it can. */
  body(parts: readonly BodyPart[]): Blob | ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
}

/** A blob with the headers of its responses. Prepared once, because headers cost more than the rest of a response. */
export interface Representation {
  readonly blob: Descriptor;
  readonly headers: Readonly<Record<string, string>>;
  /** The headers of a response with the whole blob, its length included. */
  readonly fullHeaders: Headers;
}

/** Prepares the responses for a blob; `headers` are added to those that every blob has. */
export function representation(blob: Descriptor, headers: Readonly<Record<string, string>>): Representation {
  const allHeaders = { ...headers, etag: `"${blob.digest}"`, "accept-ranges": "bytes" };
  return {
    blob,
    headers: allHeaders,
    fullHeaders: new Headers({ ...allHeaders, "content-length": String(blob.size) }),
  };
}

/** Answers a GET or HEAD request for a blob. */
export function respond(
  request: Request,
  { blob, headers, fullHeaders }: Representation,
  source: ContentSource,
): Response {
  const { digest, size } = blob;
  const tag = `"${digest}"`;
  const requestHeaders = request.headers;
  const ifMatch = requestHeaders.get("if-match");
  if (ifMatch !== null && !hasTag(ifMatch, tag, false)) return new Response(null, { status: 412, headers });
  const ifNoneMatch = requestHeaders.get("if-none-match");
  if (ifNoneMatch !== null && hasTag(ifNoneMatch, tag, true)) return new Response(null, { status: 304, headers });
  if (request.method === "HEAD") return new Response(null, { headers: fullHeaders });
  const range = requestHeaders.get("range");
  const ifRange = range === null ? null : requestHeaders.get("if-range");
  if (range !== null && (ifRange === null || ifRange === tag)) {
    const ranges = parseRanges(range, size);
    if (ranges) return partialContent(blob, ranges, headers, source);
  }
  return new Response(source.cached(blob) ?? source.body(source.locate(blob)), { headers: fullHeaders });
}

function partialContent(
  blob: Descriptor,
  ranges: readonly Range[],
  headers: Readonly<Record<string, string>>,
  source: ContentSource,
): Response {
  const { size } = blob;
  const [first, second] = ranges;
  if (!first) return new Response(null, { status: 416, headers: { ...headers, "content-range": `bytes */${size}` } });
  const bytes = source.cached(blob);
  const extents = bytes ? [] : source.locate(blob);
  const partsOf = ({ offset, length }: Range): readonly BodyPart[] =>
    bytes ? [bytes.subarray(offset, offset + length)] : sliceExtents(extents, offset, length);
  const contentRange = ({ offset, length }: Range): string => `bytes ${offset}-${offset + length - 1}/${size}`;
  if (!second)
    return new Response(source.body(partsOf(first)), {
      status: 206,
      headers: { ...headers, "content-range": contentRange(first), "content-length": String(first.length) },
    });
  const { "content-type": type = "application/octet-stream", ...rest } = headers;
  const boundary = `kso-${blob.digest.slice(-32)}`;
  const encoder = new TextEncoder();
  const parts = ranges.flatMap((range): BodyPart[] => [
    encoder.encode(`\r\n--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: ${contentRange(range)}\r\n\r\n`),
    ...partsOf(range),
  ]);
  parts.push(encoder.encode(`\r\n--${boundary}--\r\n`));
  return new Response(source.body(parts), {
    status: 206,
    headers: {
      ...rest,
      "content-type": `multipart/byteranges; boundary=${boundary}`,
      "content-length": String(totalLength(parts)),
    },
  });
}

/** Whether a list of entity tags has this one; `weak`: a weak one will do. */
function hasTag(list: string, tag: string, weak: boolean): boolean {
  return (
    list.trim() === "*" ||
    list.split(",").some((element) => (weak ? element.trim().replace(/^W\//, "") : element.trim()) === tag)
  );
}
