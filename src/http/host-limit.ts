import { Semaphore } from "../core/concurrency.ts";

/** Limits the connections to each host. */
export class HostLimit {
  readonly #perHost: number;
  readonly #hosts = new Map<string, Semaphore>();

  constructor(perHost: number) {
    this.#perHost = perHost;
  }

  /** Waits until a connection to the host is free. Returns the function that frees it; rejects with the signal's reason. */
  async acquire(host: string, signal: AbortSignal): Promise<() => void> {
    const semaphore = this.#hosts.get(host) ?? new Semaphore(this.#perHost);
    this.#hosts.set(host, semaphore);
    const release = await semaphore.acquire(signal);
    return () => {
      release();
      if (semaphore.idle) this.#hosts.delete(host);
    };
  }
}
