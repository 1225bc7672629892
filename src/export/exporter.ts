// The contract of an output format. Its type says whether bytes must be fetched first.
import type { BlobSource } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Lock, LockedImage } from "../core/lock.ts";
import type { Plan } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import type { OutputFile } from "../files/output.ts";
import type { Hashing } from "../store/hashing.ts";

/** A format that is written from the plan alone: instant and offline. */
export interface PlanExporter {
  readonly name: string;
  readonly needs: "plan";
  /** One line for `--help`. */
  readonly description: string;
  /** Flags of the command that mean something for this format, beside those that plan. */
  readonly flags: readonly string[];
  /** File names in the output directory that belong to this format: leftovers of an earlier export are removed. */
  readonly owns: RegExp;
  render(plan: Plan): readonly OutputFile[];
}

/** kso itself, to travel along. */
export interface KsoBinary {
  /** `kso-linux-amd64`. */
  readonly name: string;
  /** Where it lies on this machine. */
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
}

/** What the one who receives an export has already. */
export interface DeltaBase {
  readonly lock: Lock;
  /** The digest of the base's own `kso/lock.json`, where that is known; otherwise the lock is taken to be written as kso writes it. */
  readonly digest?: Digest;
  /** Digests of the binaries that the base carries: those are left out. */
  readonly binaries?: readonly string[];
}

/** The images that container images are built on: a web server and a registry. */
export interface BaseImages<T> {
  readonly files: T;
  readonly images: T;
}

export interface ExportOptions {
  readonly lock: Lock;
  readonly blobs: BlobSource;
  /** The file to write; with `split`, the name that the volumes' names begin with. */
  readonly output: string;
  readonly binaries?: readonly KsoBinary[];
  /** Bytes of a volume. */
  readonly split?: number;
  readonly base?: DeltaBase;
  /** For formats that have {@link ContentExporter.baseImages}. */
  readonly baseImages?: BaseImages<LockedImage>;
  /** What stands where `output` is has its own bytes: no hard links into the store. */
  readonly copy?: boolean;
  /** Makes a file that shares another one's bytes until either is written to. @returns false where that cannot be had. */
  readonly clone?: (from: string, to: string) => boolean;
  readonly hashing: Hashing;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** What will be written, known before the first byte. */
export interface ExportForecast {
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
  check(options: Pick<ExportOptions, "output" | "split">): void;
  readonly flags: readonly string[];
  /** What `output` names. */
  readonly outputType: "file" | "directory";
  /** Is what it writes a link into the store, where that is on the same file system? Then it takes no room of its own. */
  readonly links?: boolean;
  /** The images that it builds on unless the user names others: `docker.io/library/nginx:1.28.2-alpine`. */
  readonly baseImages?: (plan: Plan) => BaseImages<string>;
  /** @throws KsoError `unresolvable` for names that cannot stand beside each other, `usage` for a split that is no use. */
  forecast(options: Omit<ExportOptions, "hashing" | "progress">): ExportForecast;
  /** Writes it; nothing is left when that fails. */
  write(options: ExportOptions): Promise<ExportResult>;
}

/** What was written: names as paths from where `output` is, and bytes. */
export interface ExportResult {
  readonly files: readonly string[];
  readonly bytes: number;
  /** Small files that belong beside it and are still to be written there. */
  readonly texts?: readonly OutputFile[];
}

export type Exporter = PlanExporter | ContentExporter;
