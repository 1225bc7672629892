// A server over indexed bundles: its routes, their wrappers, and its listeners.
import { createHash } from "node:crypto";
import { metadataLimit } from "../bundle/lock.ts";
import { OpenFiles } from "../bundle/open-files.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Lock } from "../core/lock.ts";
import type { ConfigurableRelease } from "../core/manifest.ts";
import { releasesName } from "../core/releases.ts";
import { readWhole } from "../files/extents.ts";
import type { Listener } from "../runtime/listener.ts";
import { requirePasswords } from "./authentication.ts";
import { BundleWatch } from "./bundle-watch.ts";
import { bundleSource } from "./content/bundle-source.ts";
import type { ContentIndex } from "./content/content-index.ts";
import { filesRoute } from "./content/files.ts";
import { answerFaults, faultReporter } from "./faults.ts";
import { type Handler, healthRoute, type RouteHandler, routed, type Wrapper, wrapped } from "./handler.ts";
import { Listeners, type ServerAddresses } from "./listeners.ts";
import type { MissingRequests } from "./missing/missing-requests.ts";
import { type Gauges, Metrics, metricsRoute, type ServerInfo } from "./monitoring/metrics.ts";
import { observe } from "./monitoring/observe.ts";
import { RecentClients } from "./monitoring/recent-clients.ts";
import type { RequestRecord } from "./monitoring/request-record.ts";
import { clusterVariables } from "./page/configuration.ts";
import { pageModel } from "./page/model.ts";
import { Pages } from "./page/pages.ts";
import type { ServerStatus } from "./page/status.ts";
import type { Passwords } from "./passwords.ts";
import { registryRoute } from "./registry/route.ts";
import type { ServerIdentity } from "./tls/server-identity.ts";
import { refuseMalformed } from "./well-formed.ts";

/** The program that serves. */
export interface Build {
  readonly version: string;
  readonly commit: string;
}

/** What a server needs beside the content index. */
export interface ServerOptions {
  readonly addresses: ServerAddresses;
  /** TLS; undefined: none. */
  readonly identity: ServerIdentity | undefined;
  /** Undefined: everybody is let in. */
  readonly passwords: Passwords | undefined;
  /** Takes the record of each request, for the access log. */
  readonly log: ((record: RequestRecord) => void) | undefined;
  /** Takes requests for what the bundles lack. */
  readonly missing: MissingRequests;
  /** When the process was started. Milliseconds since the epoch. */
  readonly started: number;
  readonly build: Build;
  readonly processUsage: () => Pick<Gauges, "memory" | "cpu">;
  /** How the release of a lock is configured; undefined where nobody knows. */
  readonly releaseOf: (release: Lock["release"]) => ConfigurableRelease | undefined;
  /** Tells the operator what is wrong. */
  readonly warn: (text: string) => void;
}

/** A running server. */
export interface Server {
  readonly files: Listener | undefined;
  /** May be the same as that for files. */
  readonly registry: Listener | undefined;
  /** `https://10.0.0.5:8080`: where other machines reach each, the best URL first; empty where it is not served. */
  readonly urls: Readonly<Record<"files" | "registry", readonly string[]>>;
  /** Takes no more connections and waits at most so many milliseconds for running responses. */
  stop(limit: number): Promise<void>;
}

/**
 * Starts a server for indexed bundles.
 * @throws KsoError for a bundle that cannot be served, and `remote` for an address that cannot be had.
 */
export async function createServer(index: ContentIndex, options: ServerOptions): Promise<Server> {
  const { addresses, identity, missing, warn } = options;
  const report = faultReporter(warn);
  const files = new OpenFiles(index.bundles.flatMap(({ archives }) => archives));
  const listeners = new Listeners(identity, report);
  const watch = new BundleWatch(files, (changes) => {
    void listeners
      .sever()
      .catch(report)
      .then(() => {
        for (const change of changes) warn(`Cannot serve from ${change}; running answers were cut; restart kso serve`);
      });
  });
  const source = bundleSource(index, files);
  const onMissing = missing.add.bind(missing);
  const metrics = new Metrics();
  const clients = new RecentClients();
  const status = (): ServerStatus => statusOf(watch, { metrics, clients }, options);
  const pages = pagesOf(index, { listeners, status }, options);
  const commonRoutes = [
    healthRoute(() => watch.fault?.reason),
    metricsRoute(metrics, serverInfo(index, options), () => ({
      inFlight: listeners.inFlight(),
      missing: missing.counts,
      clients: clients.count(performance.now()),
      ...options.processUsage(),
    })),
    pages.route,
  ];
  const fileRoutes = [
    filesRoute({ index, source, onMissing, renderListing: pages.renderListing, notFoundPage: pages.notFound }),
  ];
  const registry = registryRoute({ index, source, onMissing });
  const wrappers = wrappersOf({ metrics, clients }, options);
  const handlerOf = (routes: readonly RouteHandler[]): Handler =>
    wrapped(answerFaults(routed([...commonRoutes, ...routes]), report), wrappers);
  const stop = async (limit: number): Promise<void> => {
    watch.stop();
    await listeners.stop(limit);
    files.close();
  };
  try {
    await listeners.start(addresses, {
      files: handlerOf(fileRoutes),
      registry: handlerOf([registry]),
      both: handlerOf([registry, ...fileRoutes]),
    });
  } catch (thrown) {
    await stop(0);
    throw thrown;
  }
  const urlsOf = (listener: Listener | undefined): readonly string[] =>
    listeners.hostsOf(listener).map((host) => `${identity ? "https" : "http"}://${host}:${listener?.port}`);
  const { files: filesListener, registry: registryListener } = listeners;
  return {
    files: filesListener,
    registry: registryListener,
    urls: { files: urlsOf(filesListener), registry: urlsOf(registryListener) },
    stop,
  };
}

/** The wrappers of every listener's routes, the outermost first. */
function wrappersOf({ metrics, clients }: Monitoring, { passwords, log }: ServerOptions): readonly Wrapper[] {
  const users = new WeakMap<Request, string>();
  const onUser = (request: Request, user: string): void => void users.set(request, user);
  const onRefusal = (): void => void metrics.wrongPasswords++;
  return [
    observe({ metrics, clients, log, userOf: (request) => users.get(request) }),
    refuseMalformed,
    ...(passwords ? [requirePasswords(passwords, { onUser, onRefusal })] : []),
  ];
}

/** What is counted. */
interface Monitoring {
  readonly metrics: Metrics;
  readonly clients: RecentClients;
}

function statusOf(
  { fault }: BundleWatch,
  { metrics, clients }: Monitoring,
  { missing, started }: ServerOptions,
): ServerStatus {
  return {
    state: fault ? "damaged" : "intact",
    ...(fault && { fault: fault.reason }),
    since: new Date(fault?.noticed ?? started).toISOString(),
    missing: missing.counts.names,
    ...metrics.failures,
    clients: clients.count(performance.now()),
  };
}

function serverInfo({ bundles, files, generated, locks }: ContentIndex, { build, started }: ServerOptions): ServerInfo {
  const [lock] = locks;
  return {
    version: build.version,
    commit: build.commit,
    release: bundles[0] ? releasesName(bundles[0].lock) : "",
    kubernetes: lock?.kubernetes ?? "",
    lock: bundles[0]?.lockDigest ?? "",
    files: [...files.values()].filter(({ blob }) => !generated.has(blob.digest)).length,
    images: new Set(locks.flatMap(({ images }) => images.map(({ image }) => image))).size,
    size: sizeOnDisk(bundles),
    started: started / 1000,
  };
}

/** Bytes on disk. */
function sizeOnDisk(bundles: ContentIndex["bundles"]): number {
  return bundles.reduce((sum, { size }) => sum + size, 0);
}

function pagesOf(
  index: ContentIndex,
  { listeners, status }: { readonly listeners: Listeners; readonly status: () => ServerStatus },
  options: ServerOptions,
): Pages {
  const { identity, missing, build, releaseOf } = options;
  return new Pages({
    model: () => pageModel(index.served, (blob) => readDocument(index, blob)),
    disk: sizeOnDisk(index.bundles),
    missing: () => missing.list(),
    status,
    portsOf: (client) => listeners.portsFor(client),
    ca: identity?.ca,
    requiresPassword: options.passwords !== undefined,
    clusterOf: (served, access) => {
      const release = releaseOf(served.lock.release);
      return release && clusterVariables(served, release, access);
    },
    version: build.version,
  });
}

/** The bytes of a manifest or a configuration; undefined where they are not here, or not those of its digest. */
function readDocument(index: ContentIndex, { digest }: Descriptor): Uint8Array | undefined {
  const extents = index.locate(digest);
  if (!extents) return undefined;
  const bytes = readWhole(extents, metadataLimit);
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` === digest ? bytes : undefined;
}
