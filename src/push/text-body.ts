// A small text as the body of a request.
import type { RequestBody } from "../http/request.ts";

/** A body whose bytes are in memory. */
export type TextBody = RequestBody & { readonly bytes: Uint8Array<ArrayBuffer> };

/** The text in UTF-8. */
export function textBody(text: string): TextBody {
  const bytes = new TextEncoder().encode(text);
  return { bytes, size: bytes.length, open: () => new Blob([bytes]).stream() };
}
