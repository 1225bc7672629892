// What `kso serve` answers, without sockets: its routes over bundles.

import { openBundles } from "../../src/bundle/open.ts";
import { openFiles } from "../../src/bundle/open-files.ts";
import type { Extent } from "../../src/core/descriptor.ts";
import { bodyOf } from "../../src/runtime/body.ts";
import { blobCache } from "../../src/serve/content/blob-cache.ts";
import { type ContentIndex, indexBundles } from "../../src/serve/content/content-index.ts";
import { filesRoute } from "../../src/serve/content/files.ts";
import type { ContentSource } from "../../src/serve/content/respond.ts";
import { type Client, type Handler, type MissingRequest, routed } from "../../src/serve/handler.ts";
import { registryRoute } from "../../src/serve/registry/route.ts";

export interface Served {
  readonly index: ContentIndex;
  readonly missing: MissingRequest[];
  /** A GET, unless `init` says otherwise, of a path. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

const client: Client = { address: () => "192.0.2.7", listener: "both", secure: false };

/** Registry and files of these bundles. */
export function served(...paths: readonly string[]): Served {
  const bundles = openBundles(paths);
  const index = indexBundles(bundles);
  const files = openFiles(bundles.flatMap(({ layers }) => layers));
  const locate = ({ digest }: { digest: Parameters<ContentIndex["locate"]>[0] }): readonly Extent[] =>
    files.assertUnchanged(index.locate(digest) ?? []);
  const source: ContentSource = { cached: blobCache(locate), locate, body: bodyOf };
  const missing: MissingRequest[] = [];
  const options = { index, source, onMissing: (request: MissingRequest) => void missing.push(request) };
  const handler: Handler = routed([registryRoute(options), filesRoute(options)]);
  return {
    index,
    missing,
    ask: async (path, init) => await handler(new Request(`http://kso.test:8080${path}`, init), client),
  };
}
