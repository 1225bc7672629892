// Requests to one bucket of object storage (https://docs.aws.amazon.com/AmazonS3/latest/API). Every request is signed, with the
// digest of its body.

import { AwsV4Signer } from "aws4fetch";
import { withoutTrailing } from "../core/url.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";
import { expectS3Status } from "./s3-error.ts";
import { type TextBody, textBody } from "./text-body.ts";

/** A bucket, and the keys to it. */
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
  /** A larger file is sent in parts of this size. Bytes; default 16 MiB. */
  readonly part?: number | undefined;
}

/** A request, and the sha256 of its body in hex (default: that of no body). */
export type S3Request = Pick<HttpRequest, "url" | "method"> & Partial<HttpRequest> & { readonly hash?: string };

type Query = Readonly<Record<string, string>>;

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** The longest XML document or list of checksums that is read. Bytes. */
const textLimit = 8 << 20;

/** Signs requests and sends them. */
export class S3Client {
  readonly #http: Http;
  readonly #options: S3Options;
  readonly #signal: AbortSignal;
  readonly #root: string;

  constructor(http: Http, options: S3Options, signal: AbortSignal) {
    this.#http = http;
    this.#options = options;
    this.#signal = signal;
    this.#root = rootOf(options);
  }

  /** The URL of the bucket. */
  bucketUrl(query: Query): string {
    return `${this.#root}/${search(query)}`;
  }

  /** The URL of an object. */
  objectUrl(key: string, query: Query = {}): string {
    return `${this.#root}/${key.split("/").map(encodeStrictly).join("/")}${search(query)}`;
  }

  /** Signs and sends a request. @throws RegistryError for any other status, HttpError where nothing responds. */
  async send({ hash = emptyHash, ...request }: S3Request, statuses: readonly number[]): Promise<HttpResponse> {
    const { accessKeyId, secretAccessKey, sessionToken, region } = this.#options;
    const signer = new AwsV4Signer({
      url: request.url,
      headers: { ...request.headers, "x-amz-content-sha256": hash },
      accessKeyId,
      secretAccessKey,
      region,
      service: "s3",
      ...(request.method !== undefined && { method: request.method }),
      ...(sessionToken !== undefined && { sessionToken }),
    });
    const headers = Object.fromEntries((await signer.sign()).headers);
    return await expectS3Status(this.#http, { ...request, signal: this.#signal, headers }, statuses);
  }

  /** Sends a request whose body is a text. */
  async sendText(
    text: string,
    { type, ...request }: S3Request & { readonly type: string },
    statuses: readonly number[],
  ): Promise<HttpResponse> {
    const body = textBody(text);
    return await this.send({ ...request, body, hash: await sha256(body), headers: { "content-type": type } }, statuses);
  }
}

/** The body of a response, which is a text. */
export async function responseText(response: HttpResponse): Promise<string> {
  return new TextDecoder().decode(await response.bytes(textLimit));
}

/** The URL of a bucket. Amazon's has a host of its own, unless its name has dots, which no certificate covers. */
function rootOf({ endpoint, bucket, region }: S3Options): string {
  if (endpoint !== undefined) return `${withoutTrailing(endpoint, "/")}/${bucket}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return bucket.includes(".") ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}

function search(query: Query): string {
  const text = new URLSearchParams(query).toString().replaceAll("+", "%20");
  return text === "" ? "" : `?${text}`;
}

function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function sha256({ bytes }: TextBody): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
