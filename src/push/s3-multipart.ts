// Uploads a large file to object storage in parts; parts that a killed push has sent are kept.
import { KsoError } from "../core/errors.ts";
import type { FileUpload } from "./file-target.ts";
import { responseText, type S3Client } from "./s3-client.ts";
import {
  completeUploadXml,
  parseOpenUploads,
  parsePartList,
  parseS3Error,
  parseUploadId,
  type UploadedPart,
} from "./s3-xml.ts";

/** Parts of one upload; S3 takes at most ten thousand. */
const maxParts = 9000;
/** Pages of the list of parts; each has a thousand of them. */
const maxPages = 10;

/** An upload that a killed push left open. */
export interface OpenUpload {
  readonly id: string;
  /** Number → ETag of the parts that have the bytes of this file. */
  readonly parts: ReadonlyMap<number, string>;
}

/** The upload of one file in parts. */
export class MultipartUpload {
  readonly #client: S3Client;
  readonly #key: string;
  readonly #file: FileUpload;
  /** Bytes of each part but the last. */
  readonly #partSize: number;

  constructor(client: S3Client, key: string, file: FileUpload, partSize: number) {
    this.#client = client;
    this.#key = key;
    this.#file = file;
    this.#partSize = Math.max(partSize, Math.ceil(file.size / maxParts));
  }

  /** Finds the last upload of this object that was left open. */
  async findOpen(): Promise<OpenUpload | undefined> {
    const url = this.#client.bucketUrl({ prefix: this.#key, uploads: "" });
    const uploads = await responseText(await this.#client.send({ url, method: "GET" }, [200, 404]));
    const id = parseOpenUploads(uploads).findLast(({ key }) => key === this.#key)?.id;
    return id === undefined ? undefined : { id, parts: await this.#listParts(id) };
  }

  /**
   * Sends the missing parts, in an upload that was left open or in a new one with these headers.
   * @returns the bytes that were there.
   */
  async send(open: OpenUpload | undefined, headers: Readonly<Record<string, string>>): Promise<number> {
    let found = 0;
    const id = open?.id ?? (await this.#begin(headers));
    const tags: string[] = [];
    for (let number = 1; (number - 1) * this.#partSize < this.#file.size; number++) {
      const sent = open?.parts.get(number);
      if (sent !== undefined) {
        found += this.#lengthOf(number);
        this.#file.found(this.#lengthOf(number));
      }
      tags.push(sent ?? (await this.#sendPart(id, number)));
    }
    await this.#complete(id, tags);
    return found;
  }

  async #begin(headers: Readonly<Record<string, string>>): Promise<string> {
    const url = this.#client.objectUrl(this.#key, { uploads: "" });
    const response = await this.#client.send({ url, method: "POST", headers }, [200]);
    const id = parseUploadId(await responseText(response));
    if (!id) throw new KsoError("remote", "it opens an upload without an id");
    return id;
  }

  async #listParts(uploadId: string): Promise<Map<number, string>> {
    const parts = new Map<number, string>();
    let marker: string | undefined = "0";
    for (let pages = 0; marker !== undefined && pages < maxPages; pages++) {
      const query = { uploadId, ...(marker !== "0" && { "part-number-marker": marker }) };
      const url = this.#client.objectUrl(this.#key, query);
      const page = parsePartList(await responseText(await this.#client.send({ url, method: "GET" }, [200, 404])));
      for (const part of page.parts) if (await this.#isOfThisFile(part)) parts.set(part.number, part.tag);
      marker = page.next;
    }
    return parts;
  }

  async #isOfThisFile({ number, tag, size }: UploadedPart): Promise<boolean> {
    const length = this.#lengthOf(number);
    return (
      size === length &&
      tag.replaceAll('"', "") === (await this.#file.hash((number - 1) * this.#partSize, length, "md5"))
    );
  }

  #lengthOf(number: number): number {
    return Math.min(this.#partSize, this.#file.size - (number - 1) * this.#partSize);
  }

  /** Sends one part. @returns its ETag. */
  async #sendPart(uploadId: string, number: number): Promise<string> {
    const { part, hash, advance, retry } = this.#file;
    const [offset, length] = [(number - 1) * this.#partSize, this.#lengthOf(number)];
    const response = await this.#client.send(
      {
        url: this.#client.objectUrl(this.#key, { partNumber: String(number), uploadId }),
        method: "PUT",
        hash: await hash(offset, length, "sha256"),
        body: part(offset, length),
        onSent: advance,
        onRetry: retry,
        slow: true,
      },
      [200],
    );
    await response.cancel();
    return response.headers.get("etag") ?? "";
  }

  async #complete(uploadId: string, tags: readonly string[]): Promise<void> {
    const url = this.#client.objectUrl(this.#key, { uploadId });
    const response = await this.#client.sendText(
      completeUploadXml(tags),
      { url, method: "POST", type: "application/xml", slow: true },
      [200],
    );
    // An error may follow after the status 200.
    const error = parseS3Error(await responseText(response));
    if (error) throw new KsoError("remote", `it could not put the parts together: ${error.code}`);
  }
}
