// A web server that takes PUT: nginx, Apache, Nexus, Artifactory. Where it knows WebDAV (https://www.rfc-editor.org/rfc/rfc4918)
// a file is put under another name and moved when it is complete; directories are made where they are missing.

import { Buffer } from "node:buffer";
import { type Digest, digestParts, parseDigest } from "../core/digest.ts";
import { withoutTrailing } from "../core/url.ts";
import type { Http } from "../http/http.ts";
import { contentLengthOf } from "../http/ranges.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "../http/request.ts";
import { expectStatus, RegistryError } from "../oci/registry-error.ts";
import type { FileTarget, FileUpload, StoredFile } from "./file-target.ts";
import { textBody } from "./text-body.ts";
import { MoveSupport } from "./webdav-move.ts";

const storedStatuses: readonly number[] = [200, 201, 202, 204];
/** The longest list of checksums that is read. Bytes. */
const textLimit = 8 << 20;

/** Files below an address, which may have a user and a password in it. */
export class WebDavTarget implements FileTarget {
  readonly name: string;
  readonly #http: Http;
  readonly #base: string;
  readonly #signal: AbortSignal;
  /** By URL: directories that are being made, or have been. */
  readonly #directories = new Map<string, Promise<void>>();
  readonly #moveSupport: MoveSupport;

  constructor(http: Http, address: string, signal: AbortSignal) {
    this.#http = http;
    this.#base = withoutTrailing(address, "/");
    this.#signal = signal;
    this.name = withoutTrailing(withoutCredentials(this.#base), "/");
    this.#moveSupport = new MoveSupport({
      store: (path, text) => this.#store(path, textBody(text), {}),
      move: (from, to) => this.#move(from, to),
      remove: (path) => this.#remove(path),
    });
  }

  urlOf(path: string): string {
    return `${this.name}/${path}`;
  }

  async probe(): Promise<void> {
    const response = await this.#http.send(this.#request("", "HEAD"), [403, 404, 405]);
    await response.cancel();
  }

  async stat(path: string): Promise<StoredFile | undefined> {
    const response = await this.#http.send(this.#request(path, "HEAD"), [404, 410]);
    await response.cancel();
    if (response.status !== 200) return undefined;
    return { size: contentLengthOf(response.headers), digest: digestIn(response.headers) };
  }

  async put({ path, digest, size, part, advance, retry }: FileUpload): Promise<void> {
    const { hex } = digestParts(digest);
    const headers = { "content-type": "application/octet-stream", "x-checksum-sha256": hex };
    await this.#put(path, hex, part(0, size), { headers, onSent: advance, onRetry: retry });
  }

  async read(path: string): Promise<string | undefined> {
    const response = await this.#http.send(this.#request(path, "GET"), [404, 410]);
    if (response.status === 200) return new TextDecoder().decode(await response.bytes(textLimit));
    await response.cancel();
    return undefined;
  }

  async write(path: string, text: string): Promise<void> {
    await this.#put(path, "text", textBody(text), { headers: { "content-type": "text/plain" } });
  }

  /** Puts a body under another name and moves it, where the server can do that. */
  async #put(path: string, id: string, body: RequestBody, options: Partial<HttpRequest>): Promise<void> {
    if (!(await this.#moveSupport.detect())) return await this.#store(path, body, options);
    const staging = `${path}.kso-${id.slice(0, 12)}`;
    try {
      await this.#store(staging, body, options);
      await this.#move(staging, path);
    } catch (cause) {
      await this.#remove(staging);
      throw cause;
    }
  }

  async #store(path: string, body: RequestBody, options: Partial<HttpRequest>): Promise<void> {
    const request = this.#request(path, "PUT", { body, slow: true, ...options });
    try {
      await this.#send(request, storedStatuses, [500]);
    } catch (cause) {
      // The directory is missing: the standard's status is 409, nginx's 500, others' 404 or 403.
      if (!(cause instanceof RegistryError && [403, 404, 409, 500].includes(cause.status))) throw cause;
      await this.#directory(parentOf(request.url)).catch(() => {
        throw cause;
      });
      await this.#send(request, storedStatuses);
    }
  }

  /** Makes a directory, its parents first where they are missing. */
  #directory(url: string): Promise<void> {
    const existing = this.#directories.get(url);
    if (existing) return existing;
    const making = this.#makeDirectory(url);
    this.#directories.set(url, making);
    making.catch(() => this.#directories.delete(url));
    return making;
  }

  async #makeDirectory(url: string): Promise<void> {
    const request: HttpRequest = { url: `${url}/`, method: "MKCOL", signal: this.#signal };
    // 405, and 301 from some servers: the directory exists.
    const madeStatuses = [200, 201, 204, 301, 405];
    try {
      await this.#send(request, madeStatuses);
    } catch (cause) {
      const parent = parentOf(url);
      const hasParent = URL.canParse(parent) && new URL(parent).pathname !== "/";
      if (!(cause instanceof RegistryError && [404, 409].includes(cause.status) && hasParent)) throw cause;
      await this.#directory(parent);
      await this.#send(request, madeStatuses);
    }
  }

  async #move(from: string, to: string): Promise<void> {
    const destination = withoutCredentials(this.#request(to, "MOVE").url);
    const headers = { destination, overwrite: "T" };
    await this.#send(this.#request(from, "MOVE", { headers, slow: true }), storedStatuses);
  }

  /** Removes a file; a failure is ignored. */
  async #remove(path: string): Promise<void> {
    await this.#http.send(this.#request(path, "DELETE"), [400, 403, 404, 405, 409, 501]).then(
      (response) => response.cancel(),
      () => undefined,
    );
  }

  async #send(
    request: HttpRequest,
    statuses: readonly number[],
    refusals: readonly number[] = [],
  ): Promise<HttpResponse> {
    const response = await expectStatus(this.#http, request, statuses, refusals);
    await response.cancel();
    return response;
  }

  #request(path: string, method: NonNullable<HttpRequest["method"]>, options: Partial<HttpRequest> = {}): HttpRequest {
    return { url: `${this.#base}/${path}`, method, signal: this.#signal, ...options };
  }
}

function parentOf(url: string): string {
  return url.slice(0, url.lastIndexOf("/"));
}

function withoutCredentials(address: string): string {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  return url.href;
}

/** The digest of a file in the headers of a response: Artifactory's, or RFC 9530's. */
function digestIn(headers: Headers): Digest | undefined {
  const hex = headers.get("x-checksum-sha256")?.toLowerCase();
  const [, base64] = /sha-256=:([A-Za-z0-9+/=]+):/.exec(headers.get("repr-digest") ?? "") ?? [];
  const sha256 = hex ?? (base64 && Buffer.from(base64, "base64").toString("hex"));
  return sha256 ? parseDigest(`sha256:${sha256}`) : undefined;
}
