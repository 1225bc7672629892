// What `kso serve` answers, without sockets: its routes over bundles.

import { openBundles } from "../../src/bundle/open.ts";
import { hold } from "../../src/bundle/open-files.ts";
import type { Extent } from "../../src/core/descriptor.ts";
import { bodyOf } from "../../src/runtime/body.ts";
import { hotBlobs } from "../../src/serve/blob-cache.ts";
import type { Source } from "../../src/serve/content.ts";
import { type Shelf, shelve } from "../../src/serve/content-index.ts";
import { filesRoute } from "../../src/serve/files.ts";
import { type Client, type Handler, type Miss, routed } from "../../src/serve/handler.ts";
import { registryRoute } from "../../src/serve/registry.ts";

export interface Served {
  readonly shelf: Shelf;
  readonly misses: Miss[];
  /** A GET, unless `init` says otherwise, of a path. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

const client: Client = { address: () => "192.0.2.7", listener: "both", secure: false };

/** Registry and files of these bundles. */
export function served(...paths: readonly string[]): Served {
  const bundles = openBundles(paths);
  const shelf = shelve(bundles);
  const held = hold(bundles.flatMap(({ layers }) => layers));
  const locate = ({ digest }: { digest: Parameters<Shelf["locate"]>[0] }): readonly Extent[] =>
    held.fresh(shelf.locate(digest) ?? []);
  const source: Source = { hot: hotBlobs(locate), locate, body: bodyOf };
  const misses: Miss[] = [];
  const options = { shelf, source, miss: (miss: Miss) => void misses.push(miss) };
  const handler: Handler = routed([registryRoute(options), filesRoute(options)]);
  return {
    shelf,
    misses,
    ask: async (path, init) => await handler(new Request(`http://kso.test:8080${path}`, init), client),
  };
}
