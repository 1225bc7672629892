// What upstream has by now beside what the lock keeps: at most a note. No response is no drift, and a host that does not respond
// is asked once and not again for each of its items.
import type { LockedImage } from "../core/lock.ts";
import type { Progress } from "../core/progress.ts";
import { parseReference } from "../core/reference.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { contentLength, type PlannedFile } from "./files.ts";
import type { FetchOptions } from "./options.ts";

/** One quick question to one host; undefined where the host says that it does not have it. */
interface Question<T> {
  readonly host: string;
  readonly ask: () => Promise<T | undefined>;
}

/** Compares locked items with upstream; each question is one quick try. */
export class UpstreamDrift {
  readonly #probe: Http;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  /** Hosts that did not respond. */
  readonly #silent = new Set<string>();

  constructor({ probe, progress, signal }: FetchOptions) {
    this.#probe = probe;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Does the tag point to something else? That counts against no rate limit. */
  async checkImage({ image, root, resolved }: LockedImage, repositories: readonly RepositoryReader[]): Promise<void> {
    const { tag } = parseReference(image);
    const current = await this.#firstResponse(
      repositories.map((repository) => ({
        host: hostOf(repository.blobRequest(root).url),
        ask: () => repository.head(tag, this.#signal),
      })),
    );
    if (current === "gone")
      this.#progress.note(`${image} is no longer there; the lock of ${resolved} keeps ${root.digest}`);
    else if (current && current.digest !== root.digest)
      this.#progress.note(
        `${image} now is ${current.digest}; the lock of ${resolved} keeps ${root.digest} (--update takes the new one)`,
      );
  }

  /** Has the file another length? Its bytes are not fetched for that. */
  async checkFile({ artifact, locked, transfer }: PlannedFile): Promise<void> {
    if (!locked) return;
    const current = await this.#firstResponse(
      transfer.sources.map((source) => ({
        host: hostOf(source.url),
        // A server that tells no length has it all the same.
        ask: async () => contentLength(await this.#probe.send(this.#headOf(source))) ?? locked.size,
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

  /** The first response of any of them; "gone" where one says that it is not there, and none has it. */
  async #firstResponse<T>(questions: readonly Question<T>[]): Promise<T | "gone" | undefined> {
    let gone = false;
    for (const question of questions) {
      const response = await this.#respond(question);
      if (response !== "gone" && response !== undefined) return response;
      gone ||= response === "gone";
    }
    return gone ? "gone" : undefined;
  }

  /** What the host says; undefined where it does not respond, now or before. */
  async #respond<T>({ host, ask }: Question<T>): Promise<T | "gone" | undefined> {
    if (this.#silent.has(host)) return undefined;
    try {
      return (await ask()) ?? "gone";
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const status = cause instanceof HttpError ? cause.status : 0;
      if (status === undefined) this.#silent.add(host);
      return status === 404 || status === 410 ? "gone" : undefined;
    }
  }
}

function hostOf(url: string): string {
  return new URL(url).host;
}
