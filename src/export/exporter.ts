// The contract of an output format. Its type says whether bytes must be fetched first.
import type { BlobSource } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Lock, LockedBinary, LockedImage } from "../core/lock.ts";
import type { Plan } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import type { OutputFile } from "../files/output.ts";
import type { Stamp } from "../files/stamp.ts";
import type { Hashing } from "../store/hashing.ts";

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

/** A binary of kso, to be put into a bundle. */
export interface KsoBinary extends LockedBinary {
  /** Its path on this machine. */
  readonly path: string;
  /** What the file system said of it when it was hashed. */
  readonly stamp: Stamp;
}

/** What the receiver of a delta already has; the delta leaves it out. */
export interface DeltaBase {
  readonly lock: Lock;
  /** The digest of the base's `kso/lock.json`; where it is unknown, it is that of the lock as kso writes it. */
  readonly digest?: Digest;
}

/** The images that container images are built on: a web server and a registry. */
export interface BaseImages<T> {
  readonly files: T;
  readonly images: T;
}

/** What an export is written from, and where. */
export interface ExportOptions {
  readonly lock: Lock;
  readonly blobs: BlobSource;
  /** The index.yaml of each folder with charts, by its path: `helm.cilium.io/index.yaml`. */
  readonly chartIndexes?: ReadonlyMap<string, string> | undefined;
  /** The file to write; with `split`, the name that the volumes' names begin with. */
  readonly output: string;
  readonly binaries?: readonly KsoBinary[] | undefined;
  /** Bytes of a volume. */
  readonly split?: number | undefined;
  readonly base?: DeltaBase | undefined;
  /** For formats that have {@link ContentExporter.baseImages}. */
  readonly baseImages?: BaseImages<LockedImage> | undefined;
  /** Copy bytes: no hard links into the store. */
  readonly copy?: boolean | undefined;
  /** Makes a file that shares another one's bytes until either is written to. @returns false where that is impossible. */
  readonly clone?: ((from: string, to: string) => boolean) | undefined;
  readonly hashing: Hashing;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** What will be written, known before the first byte. */
export interface ExportForecast {
  /** The archive, or all its volumes together, to the byte. */
  readonly bytes: number;
  readonly blobs: number;
  readonly entries: number;
}

/** A format that holds bytes: the plan must be fetched into the store first. */
export interface ContentExporter {
  readonly name: string;
  readonly needs: "content";
  /** One line for `--help`. */
  readonly description: string;
  /** Checks the output, as far as that is possible before anything is fetched. @throws KsoError `usage` */
  check(options: Pick<ExportOptions, "output" | "split">): void;
  /** What `output` names. */
  readonly outputType: "file" | "directory";
  /** The names in an output directory that it writes to. */
  readonly owns?: RegExp;
  /** It brings kso's own binaries along, where that is asked for. */
  readonly takesBinaries?: boolean;
  /** True when it makes hard links to the store's files where both are on one file system: then it needs no room. */
  readonly links?: boolean;
  /** The files that it would replace at its output, and kso did not write. */
  foreign(options: Pick<ExportOptions, "output" | "split">): readonly string[];
  /** The images that it builds on unless the user names others: `docker.io/library/nginx:1.28.2-alpine`. */
  readonly baseImages?: (plan: Plan) => BaseImages<string>;
  /** How large the export will be. @throws KsoError `unresolvable` for names that collide, `usage` for a useless split. */
  forecast(options: Omit<ExportOptions, "hashing" | "progress">): ExportForecast;
  /** Writes the export; nothing is left of it after a failure. */
  write(options: ExportOptions): Promise<ExportResult>;
}

/** What was written. */
export interface ExportResult {
  /** Paths that begin as `output` does. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Small files that are still to be written beside it. */
  readonly texts?: readonly OutputFile[];
}

/** Any format. */
export type Exporter = PlanExporter | ContentExporter;
