// What `kso serve` is put together from: the shelf of the bundles, the routes of each listener, what stands around them, and the
// runtime's listeners.

import { openBundles } from "../bundle/open.ts";
import { OpenFiles } from "../bundle/open-files.ts";
import { messageOf } from "../core/errors.ts";
import { type Listener, listen } from "../runtime/listen.ts";
import { bundleSource } from "../serve/content/bundle-source.ts";
import { type ContentIndex, indexBundles } from "../serve/content/content-index.ts";
import type { RenderListing } from "../serve/content/directories.ts";
import { filesRoute, type NotFoundPage } from "../serve/content/files.ts";
import {
  type Handler,
  healthRoute,
  type MissingRequest,
  plainText,
  type Route,
  routed,
  type Wrapper,
  wrapped,
} from "../serve/handler.ts";
import { registryRoute } from "../serve/registry/route.ts";

/** Where a listener stands; without a host on all addresses. */
export interface Address {
  readonly host?: string;
  readonly port: number;
  /** A socket that listens already: the number of the open file. */
  readonly file?: number;
}

export interface ServeOptions {
  readonly paths: readonly string[];
  /** Undefined: not served. The same address twice: one listener for both. */
  readonly files: Address | undefined;
  readonly registry: Address | undefined;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Around everything, the outermost first: log, metrics, authentication. */
  readonly wrappers?: readonly Wrapper[];
  /** What stands beside the content: on the port of the files, and on every port. */
  readonly beside: (shelf: ContentIndex) => {
    readonly files: readonly Route[];
    readonly all: readonly Route[];
    readonly dress: RenderListing;
    readonly absent: NotFoundPage;
  };
  readonly miss?: (miss: MissingRequest) => void;
  /** Something is wrong that the operator should know. */
  readonly warn: (text: string) => void;
}

export interface Serving {
  readonly shelf: ContentIndex;
  readonly files?: Listener;
  readonly registry?: Listener;
  /** Waits at most so many milliseconds for running answers. */
  stop(limit: number): Promise<void>;
}

/** How often the files of the bundles are looked at. Milliseconds. */
const often = 1000;

/** @throws KsoError for a bundle that cannot be served, and `remote` for an address that cannot be had. */
export async function startServing(options: ServeOptions): Promise<Serving> {
  const { warn, tls, wrappers = [], miss = () => undefined } = options;
  const bundles = openBundles(options.paths);
  const shelf = indexBundles(bundles);
  const held = new OpenFiles(bundles.flatMap(({ archives }) => archives));
  const source = bundleSource(shelf, held);
  const broken: string[] = [];
  const health = healthRoute(() => broken[0]);
  const beside = options.beside(shelf);
  const files = [
    ...beside.files,
    filesRoute({
      index: shelf,
      source,
      onMissing: miss,
      renderListing: beside.dress,
      notFoundPage: beside.absent,
    }),
  ];
  const registry = registryRoute({ index: shelf, source, onMissing: miss });
  const fault = seldom(warn);

  const listeners: Listener[] = [];
  const start = async (name: string, { host, port, file }: Address, routes: readonly Route[]): Promise<Listener> => {
    const handler = wrapped(guarded(routed([health, ...beside.all, ...routes]), fault), wrappers);
    const listener = await listen({ name, host, port, file, tls, handler, onError: fault });
    listeners.push(listener);
    return listener;
  };
  const close = async (limit: number): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.stop(limit)));
    held.close();
  };
  try {
    const at = { files: options.files, registry: options.registry };
    const together = at.files && at.registry && isSame(at.files, at.registry);
    if (at.files) await start(together ? "both" : "files", at.files, together ? [registry, ...files] : files);
    if (at.registry && !together) await start("registry", at.registry, [registry]);
  } catch (thrown) {
    await close(0);
    throw thrown;
  }
  const watch = setInterval(() => {
    const changes = held.changes();
    if (changes.length === 0) return;
    broken.push(...changes);
    void Promise.all(listeners.map((listener) => listener.sever()))
      .catch(fault)
      .then(() => {
        for (const change of changes) warn(`Cannot serve from ${change}; running answers were cut; restart kso serve`);
      });
  }, often);
  const [one, two = one] = listeners;
  return {
    shelf,
    ...(options.files && one && { files: one }),
    ...(options.registry && two && { registry: two }),
    stop: async (limit) => {
      clearInterval(watch);
      await close(limit);
    },
  };
}

/** Tells each message at most once a minute: a broken bundle is asked for by every node. */
function seldom(tell: (text: string) => void): (thrown: unknown) => void {
  const told = new Map<string, number>();
  return (thrown) => {
    const text = messageOf(thrown);
    const now = performance.now();
    if (now - (told.get(text) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    if (told.size > 1000) told.clear();
    told.set(text, now);
    tell(text);
  };
}

function isSame(a: Address, b: Address): boolean {
  if (a.file !== undefined || b.file !== undefined) return a.file === b.file;
  return a.port === b.port && a.port !== 0 && a.host === b.host;
}

/** What cannot be given is said to the operator, and to the client that it is not its fault. */
function guarded(handler: Handler, fault: (thrown: unknown) => void): Handler {
  const refuse = (thrown: unknown): Response => {
    fault(thrown);
    return plainText(503, "The bundle is damaged or was changed; the server's log says more\n");
  };
  return (request, client) => {
    try {
      const response = handler(request, client);
      return response instanceof Promise ? response.catch(refuse) : response;
    } catch (thrown) {
      return refuse(thrown);
    }
  };
}
