// The report of a verification, as `--json` prints it.
import type { Digest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import type { ReleaseStep } from "../core/plan.ts";

/**
 * The kind of a problem. `missing`: the item is not in the bundle · `digest`, `size`: its bytes are not those of the lock ·
 * `architecture`: machine code for another platform · `incomplete`: an image lacks a platform · `lock`: lock and content disagree ·
 * `extra`: nothing names the entry · `structure`: the archive itself is at fault · `volume`: a volume is to be replaced.
 */
export type ProblemKind =
  | "missing"
  | "digest"
  | "size"
  | "architecture"
  | "incomplete"
  | "lock"
  | "extra"
  | "structure"
  | "volume";

/** One thing that is wrong with a bundle. */
export interface Problem {
  /** The name that people know: `registry.k8s.io/pause:3.10 linux/arm64`, `dl.k8s.io/…/kubelet`, else the entry or volume. */
  readonly item: string;
  readonly what: ProblemKind;
  readonly message: string;
}

/** Something to know that is no problem: what the lock has on record. */
export interface VerifyNote {
  readonly item: string;
  readonly message: string;
}

/** The outcome of a verification. */
export interface VerifyReport {
  readonly schema: "kso.verify/1";
  readonly ok: boolean;
  /** The archives, the base first. */
  readonly bundles: readonly string[];
  /** Undefined, like kubernetes, platforms and lock, where the lock cannot be read. */
  readonly release?: Lock["release"];
  readonly kubernetes?: string;
  /** All of several releases, oldest first. */
  readonly releases?: readonly ReleaseStep[];
  readonly platforms?: readonly string[];
  readonly lock?: Digest;
  /** What was looked at; `bytes` were hashed. */
  readonly counts: {
    readonly files: number;
    readonly images: number;
    readonly blobs: number;
    readonly entries: number;
    readonly bytes: number;
  };
  readonly problems: readonly Problem[];
  readonly notes: readonly VerifyNote[];
}

/** Collects problems and notes; one that is added twice counts once. */
export class Findings {
  readonly #problems = new Map<string, Problem>();
  readonly #notes = new Map<string, VerifyNote>();

  add(item: string, what: ProblemKind, message: string): void {
    this.#problems.set(`${what} ${item} ${message}`, { item, what, message });
  }

  note(item: string, message: string): void {
    this.#notes.set(`${item} ${message}`, { item, message });
  }

  /** Runs `work`; a KsoError that it throws becomes a problem and does not stop the verification. */
  guard(item: string, what: ProblemKind, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof KsoError)) throw thrown;
      this.add(item, what, messageOf(thrown));
    }
  }

  /** The worst first: what concerns the archive, then items by name. */
  get problems(): readonly Problem[] {
    const rank = (what: ProblemKind): number => (what === "structure" ? 0 : what === "volume" ? 1 : 2);
    return [...this.#problems.values()].sort(
      (a, b) => rank(a.what) - rank(b.what) || (a.item < b.item ? -1 : a.item > b.item ? 1 : 0),
    );
  }

  get notes(): readonly VerifyNote[] {
    return [...this.#notes.values()];
  }
}
