// Notices that the files of the bundles are no longer as they were when they were opened.
import type { OpenFiles } from "../bundle/open-files.ts";

/** How often the files are looked at. Milliseconds. */
const pollInterval = 1000;

/** A running watch over open files. */
export class BundleWatch {
  readonly #timer: ReturnType<typeof setInterval>;
  #fault: string | undefined;

  /** `onChanges` is given what changed, once for each file. */
  constructor(files: OpenFiles, onChanges: (changes: readonly string[]) => void) {
    this.#timer = setInterval(() => {
      const changes = files.changes();
      if (changes.length === 0) return;
      this.#fault ??= changes[0];
      onChanges(changes);
    }, pollInterval);
  }

  /** The first change; undefined while there was none. */
  get fault(): string | undefined {
    return this.#fault;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
