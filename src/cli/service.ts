// What stands around and beside the content of `kso serve`, put together from flags: TLS, passwords, the access log, counters,
// the list of what is missing, the page.
import process from "node:process";
import { KsoError } from "../core/errors.ts";
import { readText } from "../files/read.ts";
import { requirePasswords } from "../serve/authentication.ts";
import type { ContentIndex } from "../serve/content/content-index.ts";
import type { RenderListing } from "../serve/content/directories.ts";
import type { NotFoundPage } from "../serve/content/files.ts";
import {
  isRead,
  type MissingRequest,
  plainText,
  type Route,
  targetOf,
  textResponse,
  type Wrapper,
} from "../serve/handler.ts";
import { MissingRequests } from "../serve/missing/missing-requests.ts";
import { formatRecord } from "../serve/monitoring/access-log.ts";
import { LogWriter } from "../serve/monitoring/log-writer.ts";
import { Metrics } from "../serve/monitoring/metrics.ts";
import { observe } from "../serve/monitoring/observe.ts";
import { Passwords, parsePasswords } from "../serve/passwords.ts";
import type { ServingOptions } from "./flags/table.ts";
import { type Kept, keepMisses, ownedBy } from "./missing.ts";
import { type Listeners, pagesOf } from "./pages.ts";
import { type Tls, tlsOf } from "./tls.ts";
import { commit, version } from "./version.ts";

/** What the listeners are given. */
export interface Service {
  readonly tls: Tls | undefined;
  /** The outermost first. */
  readonly wrappers: readonly Wrapper[];
  readonly miss: (miss: MissingRequest) => void;
  /** Beside the content: on the port of the files, and on every port. */
  beside(shelf: ContentIndex): {
    readonly files: readonly Route[];
    readonly all: readonly Route[];
    readonly dress: RenderListing;
    readonly absent: NotFoundPage;
  };
  /** Tells what the pages and counters show of the listeners. */
  started(listeners: Listeners): void;
  close(): void;
}

/** @throws KsoError `usage` for flags that contradict each other and files that cannot be used. */
export async function serviceOf(options: ServingOptions, warn: (text: string) => void): Promise<Service> {
  const users = new WeakMap<Request, string>();
  const tls = await tlsOf(options, warn);
  const htpasswd = options.htpasswd;
  const passwords =
    htpasswd === undefined ? undefined : new Passwords(parsePasswords(readText(htpasswd, "--htpasswd"), htpasswd));
  const format = options.accessLog;
  if (format === undefined && options.accessLogFile !== undefined)
    throw new KsoError("usage", "--access-log-file has a meaning with --access-log plain or json only");
  const lines: LogWriter | undefined = format && new LogWriter(options.accessLogFile, warn);
  const metrics = new Metrics();
  const started = Date.now();
  let misses: MissingRequests | undefined;
  let listeners: Listeners = { files: undefined, registry: undefined };
  const list = (): ReturnType<MissingRequests["list"]> => (misses as MissingRequests).list();
  const path = options.missing;
  const kept: Kept | undefined = path === undefined ? undefined : keepMisses(path, list, warn);
  const reopen = (): void => lines?.reopen();
  process.on("SIGUSR1", reopen);

  const metricsRoute =
    (shelf: ContentIndex): Route =>
    (request) => {
      if (targetOf(request).path !== "/metrics") return undefined;
      if (!isRead(request)) return plainText(405, "Only GET and HEAD\n", { allow: "GET, HEAD" });
      const [lock] = shelf.locks;
      const { user, system } = process.cpuUsage();
      const text = metrics.render(
        {
          version,
          commit: commit ?? "",
          release: lock?.release.name ?? "",
          kubernetes: lock?.kubernetes ?? "",
          lock: shelf.bundles[0]?.lockDigest ?? "",
          files: shelf.files.size,
          images: new Set(shelf.locks.flatMap(({ images }) => images.map(({ image }) => image))).size,
          size: shelf.bundles.reduce((sum, { size }) => sum + size, 0),
          started: started / 1000,
        },
        {
          inFlight: flyingOn(listeners),
          memory: process.memoryUsage.rss(),
          cpu: (user + system) / 1e6,
          missing: (misses as MissingRequests).counts,
        },
      );
      return textResponse(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    };

  return {
    tls,
    wrappers: [
      observe({
        metrics,
        ...(lines && format && { log: (one) => lines.add(formatRecord(format, one)) }),
        userOf: (request) => users.get(request),
      }),
      ...(passwords ? [requirePasswords(passwords, (request, user) => void users.set(request, user))] : []),
    ],
    miss: (miss) => misses?.add(miss),
    beside(shelf) {
      misses = new MissingRequests({
        bundles: shelf.bundles.map(({ lock, lockDigest }) => ({
          release: lock.release.name,
          kubernetes: lock.kubernetes,
          lock: lockDigest,
        })),
        locks: shelf.locks,
        namedArtifacts: () =>
          shelf.locks.flatMap(({ release, kubernetes }) => [...ownedBy(release.version, kubernetes)]),
        earlier: kept?.earlier,
        onChange: () => kept?.changed(),
      });
      const {
        home: front,
        missing: missesRoute,
        renderListing: dress,
        notFoundPage: absent,
      } = pagesOf(shelf, tls, passwords !== undefined, list, () => listeners);
      return { files: [front], all: [metricsRoute(shelf), missesRoute], dress, absent };
    },
    started: (given) => {
      listeners = given;
    },
    close() {
      process.off("SIGUSR1", reopen);
      kept?.close();
      lines?.close();
    },
  };
}

/** One listener may be both. */
function flyingOn({ files, registry }: Listeners): [string, number][] {
  return [...new Set([files, registry])].flatMap((one) => (one ? [[one.name, one.pending()]] : []));
}
