// The use case of `kso serve`: opens bundles and starts a server over them.
import { type Bundle, openBundles } from "../bundle/open.ts";
import type { MissingList } from "../core/extra-artifacts.ts";
import { releasesOf } from "../core/releases.ts";
import { readText } from "../files/read.ts";
import { withChartIndexes } from "./content/chart-indexes.ts";
import { type ContentIndex, indexBundles } from "./content/content-index.ts";
import { MissingFile } from "./missing/missing-file.ts";
import { MissingRequests } from "./missing/missing-requests.ts";
import type { NamedArtifact } from "./missing/name-index.ts";
import { formatRecord, type LogFormat } from "./monitoring/access-log.ts";
import { LogWriter } from "./monitoring/log-writer.ts";
import { Passwords, parsePasswords } from "./passwords.ts";
import { createServer, type Server, type ServerOptions } from "./server.ts";
import { type GeneratedAuthority, serverIdentity, type TlsOptions } from "./tls/server-identity.ts";

/** What is served, where and how. */
export interface ServeOptions {
  /** Paths of bundles, of their volumes, deltas and trees. */
  readonly bundles: readonly string[];
  readonly addresses: ServerOptions["addresses"];
  /** Undefined: no TLS. */
  readonly tls: TlsOptions | undefined;
  /** The password file. Undefined: everybody is let in. */
  readonly htpasswd: string | undefined;
  /** The access log, to the file at the path or to stderr. Undefined: none. */
  readonly accessLog: { readonly format: LogFormat; readonly path: string | undefined } | undefined;
  /** The file that keeps the list of what is missing. Undefined: it lasts as long as the server. */
  readonly missing: string | undefined;
}

/** What the use case needs from its surroundings. */
export interface ServeDependencies extends Pick<ServerOptions, "build" | "processUsage" | "releaseOf" | "warn"> {
  /** Names of the artifacts that plugins describe for a release, to find the component of a missing name. */
  readonly namedArtifacts: (release: string, kubernetes: string) => Iterable<NamedArtifact>;
}

/** A running server with what it was started for. */
export interface Service extends Server {
  readonly bundles: readonly Bundle[];
  /** The CA that clients must trust, where kso made it. */
  readonly ca: GeneratedAuthority | undefined;
  /** Opens the path of the access log again, after a log rotation moved the file away. */
  reopenLog(): void;
}

/**
 * Starts to serve bundles.
 * @throws KsoError `usage` for files that cannot be used and bundles that contradict each other, `verify` for a bundle that is
 * damaged, `remote` for an address that cannot be had.
 */
export async function serve(options: ServeOptions, dependencies: ServeDependencies): Promise<Service> {
  const { htpasswd, accessLog } = options;
  const { build, processUsage, releaseOf, warn } = dependencies;
  const started = Date.now();
  const identity = options.tls && (await serverIdentity(options.tls, warn));
  const passwords = htpasswd === undefined ? undefined : readPasswords(htpasswd);
  const writer = accessLog && new LogWriter(accessLog.path, warn);
  const missingFile = options.missing === undefined ? undefined : new MissingFile(options.missing, warn);
  const index = await withChartIndexes(indexBundles(openBundles(options.bundles)));
  const missing = missingRequests(index, missingFile, dependencies);
  const server = await createServer(index, {
    addresses: options.addresses,
    identity,
    passwords,
    log: accessLog && ((record) => writer?.add(formatRecord(accessLog.format, record))),
    missing,
    started,
    build,
    processUsage,
    releaseOf,
    warn,
  });
  return {
    files: server.files,
    registry: server.registry,
    urls: server.urls,
    bundles: index.bundles,
    ca: identity?.ca,
    reopenLog: () => writer?.reopen(),
    async stop(limit) {
      await server.stop(limit);
      missingFile?.close();
      writer?.close();
    },
  };
}

function readPasswords(path: string): Passwords {
  return new Passwords(parsePasswords(readText(path, "--htpasswd"), path));
}

/** The requests for what is missing; they are written to the file where there is one. */
function missingRequests(
  { bundles, locks }: ContentIndex,
  file: MissingFile | undefined,
  { namedArtifacts }: ServeDependencies,
): MissingRequests {
  const list = (): MissingList => requests.list();
  const requests = new MissingRequests({
    bundles: bundles.flatMap(({ lock, lockDigest }) =>
      releasesOf(lock).map(({ name, kubernetes }) => ({ release: name, kubernetes, lock: lockDigest })),
    ),
    locks,
    namedArtifacts: () => locks.flatMap(({ release, kubernetes }) => [...namedArtifacts(release.version, kubernetes)]),
    earlier: file?.earlier,
    onChange: () => file?.scheduleWrite(list),
  });
  return requests;
}
