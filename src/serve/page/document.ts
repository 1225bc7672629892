// Texts as responses: pages, scripts, lists; compressed where the client takes it.
import { gzipSync } from "node:zlib";
import { printableLines } from "../../core/quote.ts";
import { textResponse } from "../handler.ts";

/** A text and what a client must know of it. */
export interface TextDocument {
  readonly text: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  /** The name under which browsers save it. */
  readonly saveAs?: string;
}

/** Less is not worth it. Characters. */
const minCompressed = 2000;

/** The response; `request` says whether it may be compressed. */
export function documentResponse(request: Request, document: TextDocument): Response {
  const { text, type, status = 200, saveAs } = document;
  const headers = {
    "content-type": type,
    "x-content-type-options": "nosniff",
    vary: "Accept-Encoding",
    ...(saveAs !== undefined && { "content-disposition": `attachment; filename="${saveAs}"` }),
    ...document.headers,
  };
  if (text.length < minCompressed || !takesGzip(request)) return textResponse(text, status, headers);
  const bytes = gzipSync(printableLines(text));
  return new Response(bytes, {
    status,
    headers: { ...headers, "content-encoding": "gzip", "content-length": String(bytes.length) },
  });
}

function takesGzip({ headers }: Request): boolean {
  return /(?:^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(headers.get("accept-encoding") ?? "");
}
