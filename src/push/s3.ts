// Object storage as a file target: S3 and compatible servers (MinIO, Ceph, Garage, …). Small files in one PUT, large ones in parts.
import { digestParts, parseDigest } from "../core/digest.ts";
import type { Http } from "../http/http.ts";
import { contentLengthOf } from "../http/ranges.ts";
import { type FileTarget, type FileUpload, type StoredFile, storedName } from "./file-target.ts";
import { responseText, S3Client, type S3Options } from "./s3-client.ts";
import { MultipartUpload } from "./s3-multipart.ts";

/** The header for the digest, which is metadata of the object. */
const digestHeader = "x-amz-meta-sha256";
const defaultPartSize = 16 << 20;

/** Files below a prefix of a bucket. */
export class S3Target implements FileTarget {
  readonly name: string;
  readonly #client: S3Client;
  readonly #options: S3Options;

  constructor(http: Http, options: S3Options, signal: AbortSignal) {
    const { bucket, prefix } = options;
    this.name = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    this.#client = new S3Client(http, options, signal);
    this.#options = options;
  }

  urlOf(path: string): string {
    return `s3://${this.#options.bucket}/${this.#keyOf(path)}`;
  }

  async probe(): Promise<void> {
    const url = this.#client.bucketUrl({ "list-type": "2", "max-keys": "1" });
    const response = await this.#client.send({ url, method: "GET" }, [200]);
    await response.cancel();
  }

  async stat(path: string): Promise<StoredFile | undefined> {
    const url = this.#client.objectUrl(this.#keyOf(path));
    const response = await this.#client.send({ url, method: "HEAD" }, [200, 404]);
    await response.cancel();
    if (response.status === 404) return undefined;
    // An object without that metadata is not taken for the file: its digest is one that no file has.
    const digest = parseDigest(`sha256:${response.headers.get(digestHeader) ?? ""}`) ?? `sha256:${"0".repeat(64)}`;
    return { size: contentLengthOf(response.headers), digest };
  }

  async put(file: FileUpload): Promise<void> {
    const { path, size, digest, advance, retry } = file;
    if (size > (this.#options.part ?? defaultPartSize)) return await this.#putInParts(file);
    const response = await this.#client.send(
      {
        url: this.#client.objectUrl(this.#keyOf(path)),
        method: "PUT",
        hash: digestParts(digest).hex,
        headers: objectHeaders(file),
        body: file.part(0, size),
        onSent: advance,
        onRetry: retry,
        slow: true,
      },
      [200],
    );
    await response.cancel();
  }

  async read(path: string): Promise<string | undefined> {
    const url = this.#client.objectUrl(this.#keyOf(path));
    const response = await this.#client.send({ url, method: "GET" }, [200, 404]);
    if (response.status === 200) return await responseText(response);
    await response.cancel();
    return undefined;
  }

  async write(path: string, text: string): Promise<void> {
    const url = this.#client.objectUrl(this.#keyOf(path));
    const response = await this.#client.sendText(text, { url, method: "PUT", type: "text/plain" }, [200]);
    await response.cancel();
  }

  async #putInParts(file: FileUpload): Promise<void> {
    const { path, size, digest, advance } = file;
    const upload = new MultipartUpload(this.#client, this.#keyOf(path), file, this.#options.part ?? defaultPartSize);
    const open = await upload.findOpen();
    const found = await upload.send(open, objectHeaders(file));
    // The upload that was left open may have been for other bytes: then its metadata has their digest.
    if (!open || (await this.stat(path))?.digest === digest) return;
    file.found(-found);
    advance(found - size);
    await upload.send(undefined, objectHeaders(file));
  }

  /** The key of an object: the path without the percent encoding of URLs. */
  #keyOf(path: string): string {
    const { prefix } = this.#options;
    return prefix === "" ? storedName(path) : `${prefix}/${storedName(path)}`;
  }
}

function objectHeaders({ digest }: FileUpload): Record<string, string> {
  return { [digestHeader]: digestParts(digest).hex, "content-type": "application/octet-stream" };
}
