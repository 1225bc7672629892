// The HTTP headers that decide how a download goes on: Content-Range, Retry-After, validators, types, encodings. Pure functions;
// undefined means that the header says nothing usable.

/** `bytes 5-9/10`; `total` is undefined for `*`. Without `start` and `end`: the `bytes *\/10` of a 416. All in bytes. */
export interface ContentRange {
  readonly start: number | undefined;
  /** The last byte, inclusive. */
  readonly end: number | undefined;
  readonly total: number | undefined;
}

/** Reads Content-Range. */
export function parseContentRange(text: string | null): ContentRange | undefined {
  const [, start, end, star, total] = /^bytes (?:(\d+)-(\d+)|(\*))\/(\d+|\*)$/i.exec(text?.trim() ?? "") ?? [];
  if (total === undefined) return undefined;
  const length = total === "*" ? undefined : Number(total);
  if (star !== undefined && length === undefined) return undefined;
  const range = { start: numberOf(start), end: numberOf(end), total: length };
  const numbers = [range.start, range.end, range.total].filter((value) => value !== undefined);
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  if (range.start !== undefined && range.end !== undefined) {
    if (range.start > range.end || (length !== undefined && range.end >= length)) return undefined;
  }
  return range;
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

/** The value of `Range` from a byte on. */
export function rangeFrom(start: number): string {
  return `bytes=${start}-`;
}

/** Content-Length in bytes. */
export function contentLengthOf(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  if (!text || !/^\d+$/.test(text)) return undefined;
  const length = Number(text);
  return Number.isSafeInteger(length) ? length : undefined;
}

/** What `If-Range` may carry: a strong ETag, or else Last-Modified. */
export function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get("etag")?.trim();
  if (tag && /^"[^"]*"$/.test(tag)) return tag;
  return headers.get("last-modified")?.trim() || undefined;
}

/** `Retry-After`, in seconds or as a date, as milliseconds from `now`. */
export function parseRetryAfter(text: string | null, now: number): number | undefined {
  const value = text?.trim() ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Is the body a web page? Logins and errors come as one where a file was asked for, with status 200. */
export function isWebPage(headers: Headers): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type") ?? "");
}

/**
 * The Content-Encoding that has to be refused; undefined where there is none. For `x.tar.gz` some servers send `gzip` here,
 * although these are the bytes of the file itself.
 */
export function unexpectedEncoding(headers: Headers, { pathname }: URL): string | undefined {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return undefined;
  return encodedFileNames[encoding]?.test(pathname) ? undefined : encoding;
}

/** By encoding: names of files that are in it themselves. */
const encodedFileNames: Readonly<Record<string, RegExp>> = {
  gzip: /\.t?gz$/i,
  "x-gzip": /\.t?gz$/i,
  zstd: /\.t?zst$/i,
  br: /\.br$/i,
};
