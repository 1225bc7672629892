// The push side of the distribution API. A failure is a RegistryError where the registry refused, and an HttpError where it
// did not answer.
import type { Descriptor } from "../core/descriptor.ts";
import { contentLengthOf } from "../http/ranges.ts";
import type { HttpRequest } from "../http/request.ts";
import { expectStatus, RegistryError } from "./registry-error.ts";
import type { RepositoryAccess } from "./repository-reader.ts";
import { type BlobUpload, uploadBlob } from "./upload.ts";
import { checkDigest, locationOf, type UploadSession } from "./upload-session.ts";

/** One repository to write to. */
export interface RepositoryWriter {
  /** Is the blob there, with its size? By HEAD. */
  has(blob: Descriptor, signal?: AbortSignal): Promise<boolean>;
  /** Opens an upload. @throws RegistryError where this user may not push, or the registry does not take the name. */
  begin(signal?: AbortSignal): Promise<UploadSession>;
  /** Cancels an upload; a failure is ignored. */
  cancel(session: UploadSession): Promise<void>;
  /** Mounts a blob from another repository of the registry. Returns `mounted`, or the upload that was opened instead, if any. */
  mount(blob: Descriptor, from: string, signal?: AbortSignal): Promise<"mounted" | UploadSession | undefined>;
  /** Sends a blob, in a session if there is one already. */
  upload(blob: Descriptor, upload: BlobUpload, session?: UploadSession): Promise<void>;
  /**
   * Stores a manifest or an index under a tag or its digest.
   * @returns whether the registry keeps the list of what refers to its subject (`OCI-Subject`).
   */
  put(reference: string, blob: Descriptor, bytes: Uint8Array, signal?: AbortSignal): Promise<{ listed: boolean }>;
}

/** Opens a repository to write to. */
export function openWriter(access: RepositoryAccess): RepositoryWriter {
  return new HttpRepositoryWriter(access);
}

class HttpRepositoryWriter implements RepositoryWriter {
  readonly #access: RepositoryAccess;

  constructor(access: RepositoryAccess) {
    this.#access = access;
  }

  async has({ digest, size }: Descriptor, signal?: AbortSignal): Promise<boolean> {
    const request = this.#request({ url: this.#url(`blobs/${digest}`), method: "HEAD" }, signal);
    const response = await this.#access.http.send(request, [404]);
    await response.cancel();
    // With another size it is not this blob.
    return response.status === 200 && (contentLengthOf(response.headers) ?? size) === size;
  }

  async begin(signal?: AbortSignal): Promise<UploadSession> {
    const request = this.#request({ url: this.#url("blobs/uploads/"), method: "POST" }, signal);
    const response = await expectStatus(this.#access.http, request, [202]);
    await response.cancel();
    return { url: locationOf(response) };
  }

  async cancel({ url }: UploadSession): Promise<void> {
    const request = this.#request({ url, method: "DELETE" });
    // Who may push need not be allowed to delete: a refusal is not answered.
    const authorize = async (address: URL, challenge?: string): Promise<string | undefined> =>
      challenge === undefined ? await request.authorize?.(address) : undefined;
    await this.#access.http.send({ ...request, authorize }, [400, 403, 404, 405, 501]).then(
      (response) => response.cancel(),
      () => undefined,
    );
  }

  async mount(
    { digest }: Descriptor,
    from: string,
    signal?: AbortSignal,
  ): Promise<"mounted" | UploadSession | undefined> {
    const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
    const request = this.#request({ url: this.#url(`blobs/uploads/?${query}`), method: "POST" }, signal);
    try {
      const response = await expectStatus(this.#access.http, request, [201, 202]);
      await response.cancel();
      return response.status === 201 ? "mounted" : { url: locationOf(response) };
    } catch (cause) {
      signal?.throwIfAborted();
      // This user may not read there, or the registry cannot mount: the bytes have to be sent.
      if (cause instanceof RegistryError || (cause as { status?: number }).status === 401) return undefined;
      throw cause;
    }
  }

  async upload(blob: Descriptor, upload: BlobUpload, session?: UploadSession): Promise<void> {
    const { signal } = upload;
    const requests = {
      begin: () => this.begin(signal),
      has: () => this.has(blob, signal),
      send: (request: HttpRequest, statuses: readonly number[]) =>
        expectStatus(this.#access.http, this.#request(request, signal), statuses),
    };
    await uploadBlob(requests, blob, upload, session);
  }

  async put(
    reference: string,
    blob: Descriptor,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<{ listed: boolean }> {
    const request: HttpRequest = {
      url: this.#url(`manifests/${reference}`),
      method: "PUT",
      body: { size: bytes.length, open: () => streamOf(bytes) },
      headers: { "content-type": blob.mediaType },
      slow: true,
    };
    const response = await expectStatus(this.#access.http, this.#request(request, signal), [201, 200]);
    await response.cancel();
    checkDigest(response, blob.digest);
    return { listed: response.headers.has("oci-subject") };
  }

  #url(path: string): string {
    return `${this.#access.url}/${path}`;
  }

  #request(request: HttpRequest, signal?: AbortSignal): HttpRequest {
    return { ...this.#access.authorization("write"), ...(signal && { signal }), ...request };
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
