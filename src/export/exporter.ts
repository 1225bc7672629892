// The contract of an output format. Its type says whether bytes must be fetched first.
import type { BlobSource } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Lock } from "../core/lock.ts";
import type { Plan } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import type { Hashing } from "../store/hashing.ts";

/** One text file of an export, relative to the output directory. */
export interface OutputFile {
  readonly path: string;
  readonly content: string;
  /** True for scripts, which are written with mode 0755 instead of 0644. */
  readonly executable?: boolean;
}

/** A format that is written from the plan alone: instant and offline. */
export interface PlanExporter {
  readonly name: string;
  readonly needs: "plan";
  /** One line for `--help`. */
  readonly description: string;
  /** File names in the output directory that belong to this format: leftovers of an earlier export are removed. */
  readonly owns: RegExp;
  render(plan: Plan): readonly OutputFile[];
}

/** kso itself, to travel along. */
export interface Binary {
  /** `kso-linux-amd64`. */
  readonly name: string;
  /** Where it lies on this machine. */
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
}

/** What the one who receives an export has already. */
export interface Base {
  readonly lock: Lock;
  /** The digest of the base's own `kso/lock.json`, where that is known; otherwise the lock is taken to be written as kso writes it. */
  readonly digest?: Digest;
  /** Digests of the binaries that the base carries: those are left out. */
  readonly binaries?: readonly string[];
}

export interface SealOptions {
  readonly lock: Lock;
  readonly blobs: BlobSource;
  /** The file to write; with `split`, the name that the volumes' names begin with. */
  readonly output: string;
  readonly binaries?: readonly Binary[];
  /** Bytes of a volume. */
  readonly split?: number;
  readonly base?: Base;
  readonly hashing: Hashing;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** What will be written, known before the first byte. */
export interface Forecast {
  /** The archive, or all its volumes together, to the byte. */
  readonly bytes: number;
  readonly blobs: number;
  readonly entries: number;
}

/** A format that carries bytes: the plan must be fetched into the store first. */
export interface ContentExporter {
  readonly name: string;
  readonly needs: "content";
  readonly description: string;
  /** Can it be written there, as far as that is known before anything is fetched? @throws KsoError `usage` where not. */
  check(options: Pick<SealOptions, "output" | "split">): void;
  /** @throws KsoError `unresolvable` for names that cannot stand beside each other, `usage` for a split that is no use. */
  forecast(options: Pick<SealOptions, "lock" | "binaries" | "split" | "base">): Forecast;
  /** Writes it; nothing is left when that fails. @returns the files, as paths from where `output` is, and their bytes. */
  seal(options: SealOptions): Promise<{ readonly files: readonly string[]; readonly bytes: number }>;
}

export type Exporter = PlanExporter | ContentExporter;
