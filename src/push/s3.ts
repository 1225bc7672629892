// S3 and what speaks like it (MinIO, Ceph, Garage, …): https://docs.aws.amazon.com/AmazonS3/latest/API. Small files in one PUT, large ones in
// parts; parts that a killed run left are found again and kept. The bytes of every request are signed, so that none can change.
import { AwsV4Signer } from "aws4fetch";
import { parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import { contentLengthOf } from "../http/ranges.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "../http/request.ts";
import type { Parcel, Seen, Shelf } from "./file-target.ts";
import { demandS3, element, elements } from "./s3-answer.ts";

export interface S3Options {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** `http://10.0.0.5:9000`; undefined: Amazon's own for the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Bytes. A larger file travels in parts of this size. Default 16 MiB. */
  readonly part?: number | undefined;
}

/** The metadata that holds the digest: `x-amz-meta-sha256`. */
const meta = "x-amz-meta-sha256";
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** S3 takes ten thousand. */
const mostParts = 9000;
/** Of a thousand parts each. */
const mostPages = 10;
const textLimit = 8 << 20;

export function s3Shelf(http: Http, options: S3Options, signal: AbortSignal): Shelf {
  const { bucket, prefix } = options;
  const root = rootOf(options);
  const keyOf = (path: string): string => (prefix === "" ? decoded(path) : `${prefix}/${decoded(path)}`);
  const urlOf = (key: string, query: Readonly<Record<string, string>> = {}): string => {
    const search = new URLSearchParams(query).toString().replaceAll("+", "%20");
    return `${root}/${key.split("/").map(strict).join("/")}${search === "" ? "" : `?${search}`}`;
  };
  const ask = async (
    url: string,
    method: NonNullable<HttpRequest["method"]>,
    good: readonly number[],
    more: Partial<HttpRequest> & { readonly hash?: string } = {},
  ): Promise<HttpResponse> => {
    const { hash = emptyHash, ...rest } = more;
    const headers = { ...rest.headers, "x-amz-content-sha256": hash };
    const { accessKeyId, secretAccessKey, sessionToken, region } = options;
    const signer = new AwsV4Signer({
      ...{ url, method, headers, accessKeyId, secretAccessKey, region, service: "s3" },
      ...(sessionToken !== undefined && { sessionToken }),
    });
    const signed = Object.fromEntries((await signer.sign()).headers);
    return await demandS3(http, { ...rest, url, method, signal, headers: signed }, good);
  };

  const look = async (path: string): Promise<Seen | undefined> => {
    const answer = await ask(urlOf(keyOf(path)), "HEAD", [200, 404]);
    await answer.cancel();
    if (answer.status === 404) return undefined;
    // An object without the note may be anything of that size.
    const digest = parseDigest(`sha256:${answer.headers.get(meta) ?? ""}`) ?? `sha256:${"0".repeat(64)}`;
    return { size: contentLengthOf(answer.headers), digest };
  };

  /** An upload that was left open, with the parts that are of this very file. */
  const leftover = async (
    parcel: Parcel,
    step: number,
  ): Promise<{ id: string; parts: Map<number, string> } | undefined> => {
    const key = keyOf(parcel.path);
    const listed = await ask(
      `${root}/?${new URLSearchParams({ prefix: key, uploads: "" })}`.replaceAll("+", "%20"),
      "GET",
      [200, 404],
    );
    const uploads = elements(await textOf(listed), "Upload").filter((upload) => element(upload, "Key") === key);
    const id = uploads.map((upload) => element(upload, "UploadId")).at(-1);
    if (id === undefined) return undefined;
    const parts = new Map<number, string>();
    let marker: string | undefined = "0";
    for (let pages = 0; marker !== undefined && pages < mostPages; pages++) {
      const query = { uploadId: id, ...(marker !== "0" && { "part-number-marker": marker }) };
      const page = await textOf(await ask(urlOf(key, query), "GET", [200, 404]));
      for (const part of elements(page, "Part")) {
        const [number, tag = ""] = [Number(element(part, "PartNumber")), element(part, "ETag")];
        const length = Math.min(step, parcel.size - (number - 1) * step);
        if (Number(element(part, "Size")) !== length) continue;
        if (tag.replaceAll('"', "") !== (await parcel.hash((number - 1) * step, length, "md5"))) continue;
        parts.set(number, tag);
      }
      marker = element(page, "IsTruncated") === "true" ? element(page, "NextPartNumberMarker") : undefined;
    }
    return { id, parts };
  };

  const inParts = async (parcel: Parcel, resume: boolean): Promise<void> => {
    const { path, size, digest, advance, retry } = parcel;
    const key = keyOf(path);
    const step = Math.max(options.part ?? 16 << 20, Math.ceil(size / mostParts));
    const left = resume ? await leftover(parcel, step) : undefined;
    const headers = { [meta]: digest.slice(7), "content-type": "application/octet-stream" };
    const begin = async (): Promise<string> => {
      const id = element(await textOf(await ask(urlOf(key, { uploads: "" }), "POST", [200], { headers })), "UploadId");
      if (!id) throw new KsoError("remote", "it opens an upload without an id");
      return id;
    };
    const uploadId = left?.id ?? (await begin());
    const tags: string[] = [];
    for (let number = 1; (number - 1) * step < size; number++) {
      const at = (number - 1) * step;
      const length = Math.min(step, size - at);
      const kept = left?.parts.get(number);
      if (kept !== undefined) {
        tags.push(kept);
        advance(length);
        continue;
      }
      const hash = await parcel.hash(at, length, "sha256");
      const query = { partNumber: String(number), uploadId };
      const more = { hash, body: parcel.part(at, length), onSent: advance, onRetry: retry, slow: true };
      const answer = await ask(urlOf(key, query), "PUT", [200], more);
      await answer.cancel();
      tags.push(answer.headers.get("etag") ?? "");
    }
    const list = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`);
    const body = bodyOf(`<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`);
    const hash = await hashOf(body);
    const type = { "content-type": "application/xml" };
    const answer = await ask(urlOf(key, { uploadId }), "POST", [200], { hash, body, headers: type, slow: true });
    // It may find out late, behind a status that says all is well.
    const said = await textOf(answer);
    if (/<Error>/.test(said))
      throw new KsoError("remote", `it could not put the parts together: ${element(said, "Code")}`);
    // An upload of earlier may have been opened for other bytes under this name.
    if (left && (await look(path))?.digest !== digest) {
      advance(-size);
      await inParts(parcel, false);
    }
  };

  return {
    name: `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`,
    urlOf: (path) => `s3://${bucket}/${keyOf(path)}`,
    async probe() {
      const answer = await ask(`${root}/?${new URLSearchParams({ "list-type": "2", "max-keys": "1" })}`, "GET", [200]);
      await answer.cancel();
    },
    look,
    async put(parcel) {
      const { path, size, digest, advance, retry } = parcel;
      if (size > (options.part ?? 16 << 20)) return await inParts(parcel, true);
      const hash = digest.slice(7);
      const headers = { [meta]: hash, "content-type": "application/octet-stream" };
      const more = { hash, headers, body: parcel.part(0, size), onSent: advance, onRetry: retry, slow: true };
      await (await ask(urlOf(keyOf(path)), "PUT", [200], more)).cancel();
    },
    async read(path) {
      const answer = await ask(urlOf(keyOf(path)), "GET", [200, 404]);
      if (answer.status === 200) return await textOf(answer);
      await answer.cancel();
      return undefined;
    },
    async write(path, text) {
      const body = bodyOf(text);
      const headers = { "content-type": "text/plain" };
      await (await ask(urlOf(keyOf(path)), "PUT", [200], { headers, body, hash: await hashOf(body) })).cancel();
    },
  };
}

/** Amazon's buckets have a host each (but for names with dots, which no certificate covers); elsewhere they are paths. */
function rootOf({ endpoint, bucket, region }: S3Options): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return bucket.includes(".") ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}

/** Keys are names, not parts of a URL. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function strict(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

async function textOf(answer: HttpResponse): Promise<string> {
  return new TextDecoder().decode(await answer.bytes(textLimit));
}

type Small = RequestBody & { readonly bytes: Uint8Array<ArrayBuffer> };

function bodyOf(text: string): Small {
  const bytes = new TextEncoder().encode(text);
  return { bytes, size: bytes.length, open: () => new Blob([bytes]).stream() };
}

async function hashOf({ bytes }: Small): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
