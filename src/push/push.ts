// The use case: pushes a bundle's images into a registry, and its files into object storage or to a web server.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import type { RegistryNaming } from "../core/registry-address.ts";
import { readExtents } from "../files/extents.ts";
import type { Http } from "../http/http.ts";
import type { Credentials } from "../oci/credentials.ts";
import { startHashing } from "../store/hashing.ts";
import type { FilesAddress } from "./address.ts";
import { type AwsEnvironment, readAwsOptions } from "./aws-credentials.ts";
import type { FileTarget } from "./file-target.ts";
import { type PushFilesOptions, pushFiles } from "./files.ts";
import type { IndexMode } from "./image-content.ts";
import { pushImages } from "./images.ts";
import type { PushRegistry } from "./names.ts";
import type { PushContext, PushResult } from "./options.ts";
import { S3Target } from "./s3.ts";
import { openUploadSessions } from "./upload-sessions.ts";
import { WebDavTarget } from "./webdav.ts";

/** What is pushed, and where to. */
export interface PushOptions extends Pick<PushContext, "lock" | "source" | "layout" | "jobs" | "dryRun"> {
  /** Where images go; absent for none. */
  readonly registry?: PushRegistry | undefined;
  readonly mapping: RegistryNaming;
  readonly index: IndexMode;
  /** Harbor: create the projects that are not there. */
  readonly createProjects?: "private" | "public" | undefined;
  /** Where files go; absent for none. */
  readonly files?: FilesAddress | undefined;
}

/** What a push needs from its surroundings. */
export interface PushDependencies extends Pick<PushContext, "open" | "signal"> {
  readonly http: Http;
  /** For registries. */
  readonly credentials: Credentials;
  /** For object storage; read when files are pushed there. */
  readonly aws: AwsEnvironment;
  /** Where upload sessions are kept, so that a killed push can be resumed. */
  readonly sessionsDirectory: string;
  /** Runs long work under a title. */
  watch<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T>;
}

/** How the push of images and of files ended; absent for what was not pushed. */
export interface PushOutcome {
  readonly images?: PushResult;
  readonly files?: PushResult;
  /** Why a target took nothing at all. */
  readonly refused: readonly KsoError[];
}

/**
 * Pushes images, then files; what one target refuses the other may take.
 * @throws KsoError `usage` without keys, `unresolvable` for names that collide, `verify` for a bundle that lacks something.
 */
export async function push(options: PushOptions, dependencies: PushDependencies): Promise<PushOutcome> {
  const { registry, files } = options;
  const { watch, signal } = dependencies;
  const refused: KsoError[] = [];
  const unlessRefused = async (work: Promise<PushResult> | undefined): Promise<PushResult | undefined> =>
    await work?.catch((cause) => {
      signal.throwIfAborted();
      if (!(cause instanceof KsoError && cause.code === "remote")) throw cause;
      refused.push(cause);
      return undefined;
    });
  const imagesResult = await unlessRefused(
    registry &&
      watch(`Push images to ${registry.host}`, (progress) =>
        pushToRegistry(registry, options, { ...dependencies, progress }),
      ),
  );
  const filesResult = await unlessRefused(
    files && watch("Push files", (progress) => pushToFileTarget(files, options, { ...dependencies, progress })),
  );
  return { refused, ...(imagesResult && { images: imagesResult }), ...(filesResult && { files: filesResult }) };
}

type Surroundings = PushDependencies & Pick<PushContext, "progress">;

async function pushToRegistry(
  address: PushRegistry,
  options: PushOptions,
  surroundings: Surroundings,
): Promise<PushResult> {
  const name = createHash("sha256").update(address.base).digest("hex").slice(0, 16);
  const sessions = openUploadSessions(join(surroundings.sessionsDirectory, `${name}.json`));
  return await pushImages({ ...options, ...surroundings, address, sessions });
}

async function pushToFileTarget(
  address: FilesAddress,
  options: PushOptions,
  surroundings: Surroundings,
): Promise<PushResult> {
  const target = openFileTarget(address, surroundings);
  const hashing = startHashing(1);
  const hash: PushFilesOptions["hash"] = async (extents, algorithm) => {
    if (algorithm === "sha256") return digestParts(await hashing.digest(extents)).hex;
    const digest = createHash(algorithm);
    for await (const piece of readExtents(extents)) digest.update(piece);
    return digest.digest("hex");
  };
  try {
    return await pushFiles({ ...options, ...surroundings, target, hash });
  } finally {
    await hashing.close();
  }
}

function openFileTarget(address: FilesAddress, { http, signal, aws }: Surroundings): FileTarget {
  return "url" in address
    ? new WebDavTarget(http, address.url, signal)
    : new S3Target(http, { ...address, ...readAwsOptions(aws) }, signal);
}
