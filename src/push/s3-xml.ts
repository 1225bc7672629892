// The XML documents of object storage, in responses and requests; only a few elements of them are used.
import { XMLParser } from "fast-xml-parser";
import * as v from "valibot";

/** An error of object storage. */
export interface S3ErrorDocument {
  readonly code?: string | undefined;
  /** The region of the bucket. */
  readonly region?: string | undefined;
}

/** A part of an upload that is still open. */
export interface UploadedPart {
  readonly number: number;
  readonly tag: string;
  /** Bytes. */
  readonly size: number;
}

const parser = new XMLParser({
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  // Some servers write quotes as &#34;.
  htmlEntities: true,
  isArray: (name) => name === "Upload" || name === "Part",
});

const text = v.optional(v.fallback(v.optional(v.string()), undefined));
const errorSchema = v.object({ Error: v.object({ Code: text, Region: text }) });
const uploadIdSchema = v.object({ UploadId: v.string() });
const upload = v.fallback(v.object({ Key: text, UploadId: text }), {});
const uploadsSchema = v.object({ Upload: v.array(upload) });
const part = v.fallback(v.object({ PartNumber: text, ETag: text, Size: text }), {});
const partsSchema = v.object({
  Part: v.fallback(v.array(part), []),
  IsTruncated: text,
  NextPartNumberMarker: text,
});

/** Reads `<Error>`; undefined where the document is something else. */
export function parseS3Error(xml: string): S3ErrorDocument | undefined {
  const { Error: error } = read(errorSchema, documentOf(xml)) ?? {};
  return error && { code: error.Code, region: error.Region };
}

/** Reads the id of an upload that was opened. */
export function parseUploadId(xml: string): string | undefined {
  return read(uploadIdSchema, rootOf(xml))?.UploadId;
}

/** Reads the list of open uploads. */
export function parseOpenUploads(xml: string): { readonly key: string | undefined; readonly id: string | undefined }[] {
  const uploads = read(uploadsSchema, rootOf(xml))?.Upload ?? [];
  return uploads.map(({ Key: key, UploadId: id }) => ({ key, id }));
}

/** Reads one page of an upload's parts, and where the next page begins, if there is one. */
export function parsePartList(xml: string): {
  readonly parts: readonly UploadedPart[];
  readonly next?: string | undefined;
} {
  const page = read(partsSchema, rootOf(xml));
  const parts = page?.Part.map(({ PartNumber, ETag = "", Size }) => ({
    number: Number(PartNumber),
    tag: ETag,
    size: Number(Size),
  }));
  return { parts: parts ?? [], next: page?.IsTruncated === "true" ? page.NextPartNumberMarker : undefined };
}

/** The document that puts an upload's parts together: their ETags in order. */
export function completeUploadXml(tags: readonly string[]): string {
  const parts = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
}

/** The name of the root element with its content; empty where the text is not XML. */
function documentOf(xml: string): Readonly<Record<string, unknown>> {
  try {
    return parser.parse(xml) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The content of the root element, whatever its name. */
function rootOf(xml: string): unknown {
  return Object.values(documentOf(xml)).find((value) => typeof value === "object");
}

function read<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
