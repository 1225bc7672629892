// How many clients have come lately. Addresses are kept in memory for an hour and nowhere else.

/** A client that has not come for so long is forgotten. Milliseconds. */
const memory = 3_600_000;
/** More are not counted. */
const maxClients = 10_000;
/** Looking an address up costs as much as a small response: beyond so many requests in one second nobody is looked up. */
const maxLookUps = 100;

/** The clients of the last hour. */
export class RecentClients {
  /** By address, when it came last; the one that came longest ago first. */
  readonly #clients = new Map<string, number>();
  #second = Number.NEGATIVE_INFINITY;
  #lookUps = maxLookUps;

  /** Whether one more may be looked up now. `now` is in milliseconds of any clock that only goes on. */
  isOpen(now: number): boolean {
    if (this.#lookUps < maxLookUps) return true;
    if (now - this.#second < 1000) return false;
    this.#second = now;
    this.#lookUps = 0;
    return true;
  }

  /** Notes the client of a request, where one more may be looked up. */
  note(client: { address(): string }, now: number): void {
    if (!this.isOpen(now)) return;
    this.#lookUps++;
    const address = client.address();
    this.#clients.delete(address);
    if (this.#clients.size >= maxClients) this.#forget(now);
    if (this.#clients.size < maxClients) this.#clients.set(address, now);
  }

  /** How many came within the last hour. */
  count(now: number): number {
    this.#forget(now);
    return this.#clients.size;
  }

  #forget(now: number): void {
    for (const [address, last] of this.#clients) {
      if (now - last < memory) return;
      this.#clients.delete(address);
    }
  }
}
