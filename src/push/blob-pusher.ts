// Pushes blobs into repositories: each is sent once, however many repositories need it, and the others mount it from the first.
import { Semaphore } from "../core/concurrency.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, shortDigest } from "../core/digest.ts";
import type { Registry } from "../oci/registry.ts";
import type { UploadSession } from "../oci/upload-session.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { type PushContext, partOf } from "./options.ts";
import { pushReason } from "./reason.ts";
import type { RegistryState } from "./registry-state.ts";
import type { UploadSessions } from "./upload-sessions.ts";

/** Where a {@link BlobPusher} pushes to. */
export interface BlobTarget {
  readonly registry: Registry;
  readonly state: RegistryState;
  readonly sessions: UploadSessions;
}

/** Pushes blobs, several at one time. */
export class BlobPusher {
  /** The blobs that were sent, and their bytes. */
  readonly sent: { items: number; bytes: number } = { items: 0, bytes: 0 };
  /** How many blobs were mounted from another repository. */
  mounted = 0;
  readonly #target: BlobTarget;
  readonly #context: PushContext;
  readonly #semaphore: Semaphore;
  readonly #breaker: CircuitBreaker;
  /** `repository digest` → resolves when the blob is in the repository. */
  readonly #pushes = new Map<string, Promise<void>>();
  /** The last push of each blob, to any repository. */
  readonly #lastPush = new Map<Digest, Promise<void>>();

  constructor(target: BlobTarget, context: PushContext) {
    this.#target = target;
    this.#context = context;
    this.#semaphore = new Semaphore(context.jobs);
    this.#breaker = new CircuitBreaker(context.jobs * 2, pushReason);
  }

  /** Resolves when the blob is in the repository. A second call returns the same promise. */
  push(repository: string, blob: Descriptor): Promise<void> {
    const push = this.#pushes.get(`${repository} ${blob.digest}`);
    if (push) return push;
    return this.#target.state.hasBlob(repository, blob) ? Promise.resolve() : this.#enqueue(repository, blob);
  }

  /** Pushes a blob that the registry has lost. */
  pushAgain(repository: string, blob: Descriptor): Promise<void> {
    this.#target.state.forgetBlob(blob);
    return this.#enqueue(repository, blob);
  }

  /** Pushes of one blob run one after the other, so that the second repository can mount it from the first. */
  #enqueue(repository: string, blob: Descriptor): Promise<void> {
    const previous = this.#lastPush.get(blob.digest) ?? Promise.resolve();
    const push = previous.then(
      () => this.#pushOnTurn(repository, blob),
      () => this.#pushOnTurn(repository, blob),
    );
    // A failure is handled by the callers that wait for it.
    push.catch(() => undefined);
    this.#pushes.set(`${repository} ${blob.digest}`, push);
    this.#lastPush.set(blob.digest, push);
    return push;
  }

  async #pushOnTurn(repository: string, blob: Descriptor): Promise<void> {
    const { signal } = this.#context;
    const release = await this.#semaphore.acquire(signal);
    try {
      signal.throwIfAborted();
      this.#breaker.assertClosed();
      await this.#mountOrUpload(repository, blob);
      this.#breaker.success();
      this.#target.state.addBlob(repository, blob);
    } catch (cause) {
      signal.throwIfAborted();
      this.#breaker.failure(cause);
      throw cause;
    } finally {
      release();
    }
  }

  async #mountOrUpload(repository: string, blob: Descriptor): Promise<void> {
    const { registry, state } = this.#target;
    const from = state.locationOf(blob);
    if (from === undefined) return await this.#upload(repository, blob, undefined);
    const outcome = await registry.writer(repository).mount(blob, from, this.#context.signal);
    if (outcome === "mounted") this.mounted++;
    else await this.#upload(repository, blob, outcome);
  }

  async #upload(repository: string, blob: Descriptor, opened: UploadSession | undefined): Promise<void> {
    const { registry, sessions } = this.#target;
    const { progress, chunk, signal } = this.#context;
    const key = `${repository} ${blob.digest}`;
    const item = progress.begin(`${repository} ${shortDigest(blob.digest)}`, blob.size);
    let found = 0;
    try {
      await registry.writer(repository).upload(
        blob,
        {
          part: (offset, length) => partOf(this.#context, blob, offset, length),
          advance: item.advance,
          found: (bytes) => {
            found += bytes;
            item.found(bytes);
          },
          retry: item.retry,
          remember: (session) => sessions.set(key, session?.url),
          chunk,
          signal,
        },
        opened ?? sessions.get(key),
      );
    } catch (cause) {
      item.fail(pushReason(cause));
      throw cause;
    }
    item.done();
    this.sent.items++;
    this.sent.bytes += blob.size - found;
  }
}
