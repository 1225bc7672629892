// So many connections to one host at one time, and no more. First come, first served.

export interface HostLimit {
  /** Waits for a free one. @returns gives it back; more than one call does no harm. Rejects with the signal's reason. */
  acquire(host: string, signal: AbortSignal): Promise<() => void>;
}

export function createHostLimit(perHost: number): HostLimit {
  const hosts = new Map<string, { busy: number; waiting: (() => void)[] }>();
  return {
    async acquire(host, signal) {
      signal.throwIfAborted();
      const lane = hosts.get(host) ?? { busy: 0, waiting: [] };
      hosts.set(host, lane);
      if (lane.busy < perHost) lane.busy++;
      else await turn(lane.waiting, signal);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        // Whoever waits gets this very place: nobody who comes later can be faster.
        const next = lane.waiting.shift();
        if (next) next();
        else if (--lane.busy === 0) hosts.delete(host);
      };
    },
  };
}

function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const leave = (): void => {
      waiting.splice(waiting.indexOf(next), 1);
      reject(signal.reason);
    };
    waiting.push(next);
    signal.addEventListener("abort", leave, { once: true });
  });
}
