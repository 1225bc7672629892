// Notices that files of the bundles have changed since they were opened.
import type { OpenFiles } from "../bundle/open-files.ts";

/** The time between two looks at the files. Milliseconds. */
const pollInterval = 1000;

/** What is wrong with a bundle since it was opened. */
export interface BundleFault {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly noticed: number;
}

/** A running watch over open files. */
export class BundleWatch {
  readonly #timer: ReturnType<typeof setInterval>;
  #fault: BundleFault | undefined;

  /** `onChanges` is called with what changed, once for each file. */
  constructor(files: OpenFiles, onChanges: (changes: readonly string[]) => void) {
    this.#timer = setInterval(() => {
      const changes = files.changes();
      if (changes.length === 0) return;
      this.#fault ??= { reason: changes[0] ?? "", noticed: Date.now() };
      onChanges(changes);
    }, pollInterval);
  }

  /** The first change; undefined while there was none. */
  get fault(): BundleFault | undefined {
    return this.#fault;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
