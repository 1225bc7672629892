// What object storage responds with, and what it is told: small XML documents, of which a few elements count.

/** An error of object storage; without a code where the document is none. */
export interface S3ErrorDocument {
  readonly code?: string | undefined;
  /** Where the bucket is. */
  readonly region?: string | undefined;
}

/** A part of an upload that is still open. */
export interface UploadedPart {
  readonly number: number;
  readonly tag: string;
  /** Bytes. */
  readonly size: number;
}

/** Reads `<Error>`; undefined where the document is something else. */
export function parseS3Error(xml: string): S3ErrorDocument | undefined {
  if (!/<Error[\s>]/.test(xml)) return undefined;
  return { code: element(xml, "Code"), region: element(xml, "Region") };
}

/** Reads the id of an upload that was opened. */
export function parseUploadId(xml: string): string | undefined {
  return element(xml, "UploadId");
}

/** Reads the list of open uploads. */
export function parseOpenUploads(xml: string): { readonly key: string | undefined; readonly id: string | undefined }[] {
  return elements(xml, "Upload").map((upload) => ({ key: element(upload, "Key"), id: element(upload, "UploadId") }));
}

/** Reads one page of an upload's parts, and where the next page begins, if there is one. */
export function parsePartList(xml: string): {
  readonly parts: readonly UploadedPart[];
  readonly next?: string | undefined;
} {
  const parts = elements(xml, "Part").map((part) => ({
    number: Number(element(part, "PartNumber")),
    tag: element(part, "ETag") ?? "",
    size: Number(element(part, "Size")),
  }));
  return { parts, next: element(xml, "IsTruncated") === "true" ? element(xml, "NextPartNumberMarker") : undefined };
}

/** The document that puts an upload's parts together: their ETags in order. */
export function completeUploadXml(tags: readonly string[]): string {
  const parts = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
}

/** The text of the first such element, at whatever depth. */
function element(xml: string, name: string): string | undefined {
  const [inside] = elements(xml, name);
  return inside === undefined ? undefined : unescaped(inside);
}

/** The inside of each such element. */
function elements(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g");
  return [...xml.matchAll(pattern)].map(([, inside = ""]) => inside);
}

function unescaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(lt|gt|quot|apos|amp));/gi, (_, decimal, hex, name) => {
    if (name) return signs[name.toLowerCase()] ?? "";
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
