// The push side of the distribution API (https://github.com/opencontainers/distribution-spec): one repository to write to.
// In travel descriptors and bytes; a failure is a Refusal where the registry said no, and a FetchError where it said nothing.
import type { Descriptor } from "../core/descriptor.ts";
import type { Asked, Http } from "../http/http.ts";
import { lengthOf } from "../http/ranges.ts";
import { demand, Refusal } from "./registry-error.ts";
import { checkDigest, locationOf, type Session } from "./session.ts";
import { type Outgoing, sendBlob } from "./upload.ts";

export interface Target {
  /** Is the blob there, with its size? By HEAD. */
  has(blob: Descriptor, signal?: AbortSignal): Promise<boolean>;
  /** Opens an upload. @throws Refusal where this user may not, or the name is none. */
  begin(signal?: AbortSignal): Promise<Session>;
  /** Gives an upload up; whether the registry hears of it is its own affair. */
  cancel(session: Session): Promise<void>;
  /** Takes a blob from another repository of the same registry. `mounted`, or the upload that the registry opened instead, if any. */
  mount(blob: Descriptor, from: string, signal?: AbortSignal): Promise<"mounted" | Session | undefined>;
  /** Sends a blob, in a session if there is one already. */
  upload(blob: Descriptor, outgoing: Outgoing, session?: Session): Promise<void>;
  /**
   * Stores a manifest or an index under a tag or its digest.
   * @returns whether the registry keeps the list of what refers to its subject (`OCI-Subject`).
   */
  put(reference: string, blob: Descriptor, bytes: Uint8Array, signal?: AbortSignal): Promise<{ listed: boolean }>;
}

type Method = NonNullable<Asked["method"]>;

export function openTarget(http: Http, base: string, authorize: () => NonNullable<Asked["authorize"]>): Target {
  const asked = (path: string, method: Method, more: Partial<Asked>, signal?: AbortSignal): Asked => ({
    url: path.startsWith("http") ? path : `${base}/${path}`,
    ...{ method, authorize: authorize() },
    ...(signal && { signal }),
    ...more,
  });
  const begin = async (signal?: AbortSignal): Promise<Session> => {
    const answer = await demand(http, asked("blobs/uploads/", "POST", {}, signal), [202]);
    await answer.cancel();
    return { url: locationOf(answer) };
  };
  const has: Target["has"] = async ({ digest, size }, signal) => {
    const answer = await http.send(asked(`blobs/${digest}`, "HEAD", {}, signal), [404]);
    await answer.cancel();
    // Whoever says another size does not have it.
    return answer.status === 200 && (lengthOf(answer.headers) ?? size) === size;
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
        const answer = await demand(http, asked(`blobs/uploads/?${query}`, "POST", {}, signal), [201, 202]);
        await answer.cancel();
        return answer.status === 201 ? "mounted" : { url: locationOf(answer) };
      } catch (cause) {
        signal?.throwIfAborted();
        // It may not read there, or knows no mounting: then the bytes travel.
        if (cause instanceof Refusal || (cause as { status?: number }).status === 401) return undefined;
        throw cause;
      }
    },
    async upload(blob, outgoing, session) {
      const ask: Parameters<typeof sendBlob>[0] = {
        begin: () => begin(outgoing.signal),
        has: () => has(blob, outgoing.signal),
        send: (url, method, more, good) => demand(http, asked(url, method, more, outgoing.signal), good),
      };
      await sendBlob(ask, blob, outgoing, session);
    },
    async put(reference, blob, bytes, signal) {
      const body = { size: bytes.length, open: () => streamOf(bytes) };
      const headers = { "content-type": blob.mediaType };
      const sent = asked(`manifests/${reference}`, "PUT", { body, headers, slow: true }, signal);
      const answer = await demand(http, sent, [201, 200]);
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
