// What `kso serve` answers, without sockets: its routes over bundles.

import { openBundles } from "../../src/bundle/open.ts";
import { OpenFiles } from "../../src/bundle/open-files.ts";
import { bundleSource } from "../../src/serve/content/bundle-source.ts";
import { type ContentIndex, indexBundles } from "../../src/serve/content/content-index.ts";
import type { RenderListing } from "../../src/serve/content/directories.ts";
import { filesRoute } from "../../src/serve/content/files.ts";
import { type Client, type Handler, type MissingRequest, routed } from "../../src/serve/handler.ts";
import { directoryPage } from "../../src/serve/page/directory.ts";
import { visitOf } from "../../src/serve/page/visit.ts";
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
  const source = bundleSource(index, new OpenFiles(bundles.flatMap(({ archives }) => archives)));
  const missing: MissingRequest[] = [];
  const options = { index, source, onMissing: (request: MissingRequest) => void missing.push(request) };
  const addresses = { files: "http://kso.test:8080", pages: "http://kso.test:8080" };
  const renderListing: RenderListing = (request, _, listing) =>
    new Response(directoryPage(listing, "curl -fsS", visitOf(request, addresses)).html, {
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  const files = filesRoute({ ...options, renderListing, notFoundPage: () => undefined });
  const handler: Handler = routed([registryRoute(options), files]);
  return {
    index,
    missing,
    ask: async (path, init) => await handler(new Request(`http://kso.test:8080${path}`, init), client),
  };
}
