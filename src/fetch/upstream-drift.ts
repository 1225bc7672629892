// Notes where upstream now has something else than the lock. No response is no drift, and a host that does not respond gets one
// request, not one for each of its artifacts.
import type { LockedImage } from "../core/lock.ts";
import type { Progress } from "../core/progress.ts";
import { parseReference } from "../core/reference.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { contentLength, type PlannedFile } from "./files.ts";
import type { FetchOptions } from "./options.ts";

/** One quick request to one host; the result is undefined where the host says that it does not have the artifact. */
interface DriftRequest<T> {
  readonly host: string;
  readonly send: () => Promise<T | undefined>;
}

/** Compares locked artifacts with upstream, in one quick try each. */
export class UpstreamDrift {
  readonly #probe: Http;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  /** Hosts that did not respond. */
  readonly #unresponsive = new Set<string>();

  constructor({ probe, progress, signal }: FetchOptions) {
    this.#probe = probe;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Notes where the tag points to something else, or what an image is pinned to is gone. That counts against no rate limit. */
  async checkImage(locked: LockedImage, repositories: readonly RepositoryReader[]): Promise<void> {
    const { image, root, resolved, byDigest } = locked;
    const { tag } = parseReference(image);
    const reference = byDigest ? root.digest : tag;
    const current = await this.#firstResponse(
      repositories.map((repository) => ({
        host: hostOf(repository.blobRequest(root).url),
        send: () => repository.head(reference, this.#signal),
      })),
    );
    if (current === "gone")
      this.#progress.note(`${image} is no longer there; the lock of ${resolved} keeps ${root.digest}`);
    else if (current && current.digest !== root.digest)
      this.#progress.note(
        `${image} now is ${current.digest}; the lock of ${resolved} keeps ${root.digest} (--update takes the new one)`,
      );
  }

  /** Notes where the file has another length. Its bytes are not downloaded for that. */
  async checkFile({ artifact, locked, transfer }: PlannedFile): Promise<void> {
    if (!locked) return;
    const current = await this.#firstResponse(
      transfer.sources.map((source) => ({
        host: hostOf(source.url),
        // A server that tells no length has the file nevertheless.
        send: async () => contentLength(await this.#probe.send(this.#headOf(source))) ?? locked.size,
      })),
    );
    if (current === "gone")
      this.#progress.note(`${artifact.path} is no longer there; the lock of ${locked.resolved} keeps ${locked.digest}`);
    if (current === undefined || current === "gone" || current === locked.size) return;
    const advice = locked.published
      ? `what ${locked.published.source} publishes is the locked one`
      : "--update takes the new one";
    this.#progress.note(
      `${artifact.path} now has ${current} bytes at upstream; the lock of ${locked.resolved} keeps ${locked.digest}, ${locked.size} bytes (${advice})`,
    );
  }

  #headOf(source: PlannedFile["transfer"]["sources"][number]): Parameters<Http["send"]>[0] {
    return { ...source, method: "HEAD", ...(this.#signal && { signal: this.#signal }) };
  }

  /** The first result of any host; "gone" where one says that it is not there, and none has it. */
  async #firstResponse<T>(requests: readonly DriftRequest<T>[]): Promise<T | "gone" | undefined> {
    let gone = false;
    for (const request of requests) {
      const response = await this.#responseTo(request);
      if (response !== "gone" && response !== undefined) return response;
      gone ||= response === "gone";
    }
    return gone ? "gone" : undefined;
  }

  /** The result of one host; undefined where it does not respond, or has not responded before. */
  async #responseTo<T>({ host, send }: DriftRequest<T>): Promise<T | "gone" | undefined> {
    if (this.#unresponsive.has(host)) return undefined;
    try {
      return (await send()) ?? "gone";
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const status = cause instanceof HttpError ? cause.status : 0;
      if (status === undefined) this.#unresponsive.add(host);
      return status === 404 || status === 410 ? "gone" : undefined;
    }
  }
}

function hostOf(url: string): string {
  return new URL(url).host;
}
