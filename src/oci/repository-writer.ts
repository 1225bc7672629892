// The push side of the distribution API (https://github.com/opencontainers/distribution-spec): one repository to write to.
// In travel descriptors and bytes; a failure is a Refusal where the registry said no, and a FetchError where it said nothing.
import type { Descriptor } from "../core/descriptor.ts";
import type { Http } from "../http/http.ts";
import { contentLengthOf } from "../http/ranges.ts";
import type { HttpRequest } from "../http/request.ts";
import { expectStatus, RegistryError } from "./registry-error.ts";
import { type BlobUpload, uploadBlob } from "./upload.ts";
import { checkDigest, locationOf, type UploadSession } from "./upload-session.ts";

export interface RepositoryWriter {
  /** Is the blob there, with its size? By HEAD. */
  has(blob: Descriptor, signal?: AbortSignal): Promise<boolean>;
  /** Opens an upload. @throws Refusal where this user may not, or the name is none. */
  begin(signal?: AbortSignal): Promise<UploadSession>;
  /** Gives an upload up; whether the registry hears of it is its own affair. */
  cancel(session: UploadSession): Promise<void>;
  /** Takes a blob from another repository of the same registry. `mounted`, or the upload that the registry opened instead, if any. */
  mount(blob: Descriptor, from: string, signal?: AbortSignal): Promise<"mounted" | UploadSession | undefined>;
  /** Sends a blob, in a session if there is one already. */
  upload(blob: Descriptor, outgoing: BlobUpload, session?: UploadSession): Promise<void>;
  /**
   * Stores a manifest or an index under a tag or its digest.
   * @returns whether the registry keeps the list of what refers to its subject (`OCI-Subject`).
   */
  put(reference: string, blob: Descriptor, bytes: Uint8Array, signal?: AbortSignal): Promise<{ listed: boolean }>;
}

type Method = NonNullable<HttpRequest["method"]>;

export function openRepositoryWriter(
  http: Http,
  base: string,
  authorize: () => NonNullable<HttpRequest["authorize"]>,
): RepositoryWriter {
  const asked = (path: string, method: Method, more: Partial<HttpRequest>, signal?: AbortSignal): HttpRequest => ({
    url: path.startsWith("http") ? path : `${base}/${path}`,
    ...{ method, authorize: authorize() },
    ...(signal && { signal }),
    ...more,
  });
  const begin = async (signal?: AbortSignal): Promise<UploadSession> => {
    const answer = await expectStatus(http, asked("blobs/uploads/", "POST", {}, signal), [202]);
    await answer.cancel();
    return { url: locationOf(answer) };
  };
  const has: RepositoryWriter["has"] = async ({ digest, size }, signal) => {
    const answer = await http.send(asked(`blobs/${digest}`, "HEAD", {}, signal), [404]);
    await answer.cancel();
    // Whoever says another size does not have it.
    return answer.status === 200 && (contentLengthOf(answer.headers) ?? size) === size;
  };
  return {
    begin,
    has,
    async cancel({ url }) {
      await http.send(asked(url, "DELETE", {}), [400, 403, 404, 405, 501]).then(
        (answer) => answer.cancel(),
        () => undefined,
      );
    },
    async mount({ digest }, from, signal) {
      const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
      try {
        const answer = await expectStatus(http, asked(`blobs/uploads/?${query}`, "POST", {}, signal), [201, 202]);
        await answer.cancel();
        return answer.status === 201 ? "mounted" : { url: locationOf(answer) };
      } catch (cause) {
        signal?.throwIfAborted();
        // It may not read there, or knows no mounting: then the bytes travel.
        if (cause instanceof RegistryError || (cause as { status?: number }).status === 401) return undefined;
        throw cause;
      }
    },
    async upload(blob, outgoing, session) {
      const ask: Parameters<typeof uploadBlob>[0] = {
        begin: () => begin(outgoing.signal),
        has: () => has(blob, outgoing.signal),
        send: (url, method, more, good) => expectStatus(http, asked(url, method, more, outgoing.signal), good),
      };
      await uploadBlob(ask, blob, outgoing, session);
    },
    async put(reference, blob, bytes, signal) {
      const body = { size: bytes.length, open: () => streamOf(bytes) };
      const headers = { "content-type": blob.mediaType };
      const sent = asked(`manifests/${reference}`, "PUT", { body, headers, slow: true }, signal);
      const answer = await expectStatus(http, sent, [201, 200]);
      await answer.cancel();
      checkDigest(answer, blob.digest);
      return { listed: answer.headers.has("oci-subject") };
    },
  };
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
