// Who may send the first request of a kind. Others wait until its answer is known: a server that asks for a password, or
// refuses one, does so once and not for every request that starts at the same moment.

/** What one request holds of a {@link FirstRequests}. */
export interface RequestTurn {
  /** Waits for the first of this kind; returns at once where an answer is known, and where this request is the first itself. */
  enter(kind: string): Promise<void>;
  /** Its answer is known, or none came: those that wait for what it entered go on. */
  leave(): void;
}

/** The first request of each kind, and those that wait for its answer. */
export class FirstRequests {
  /** By kind: resolves when the first request has its answer. */
  readonly #answers = new Map<string, Promise<void>>();

  /** The turn of one request. */
  turn(): RequestTurn {
    const entered = new Map<string, () => void>();
    return {
      enter: async (kind) => {
        if (entered.has(kind)) return;
        const answer = this.#answers.get(kind);
        if (answer) return await answer;
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#answers.set(kind, promise);
        entered.set(kind, resolve);
      },
      leave: () => {
        for (const resolve of entered.values()) resolve();
      },
    };
  }
}
