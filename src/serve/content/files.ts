// `/k8s/<origin host>/<path>`, and the same without /k8s: what kubespray's download URLs become inside the air gap. A path is looked
// up by name and nothing else: no request reaches a file system.

import { printable } from "../../core/quote.ts";
import {
  type Client,
  isRead,
  type MissingRequest,
  methodNotAllowed,
  plainText,
  type RouteHandler,
  targetOf,
} from "../handler.ts";
import { type ContentIndex, decodePath, type IndexedFile } from "./content-index.ts";
import { directories, type RenderListing } from "./directories.ts";
import { type ContentSource, type Representation, representation, respond } from "./respond.ts";

/** What the route of the files needs. */
export interface FilesRouteOptions {
  readonly index: ContentIndex;
  readonly source: ContentSource;
  readonly onMissing: (request: MissingRequest) => void;
  readonly renderListing: RenderListing;
  readonly notFoundPage: NotFoundPage;
}

/** Responds with a page to a person's request for a missing file; undefined where a line of text will do. */
export type NotFoundPage = (request: Request, client: Client, name: string) => Response | undefined;

/** Answers every path: with a file, a directory, or 404. */
export function filesRoute({ index, source, onMissing, renderListing, notFoundPage }: FilesRouteOptions): RouteHandler {
  const representations = new Map<IndexedFile, Representation>();
  const directory = directories(index, renderListing);
  const fileResponse = (request: Request, file: IndexedFile): Response => {
    let prepared = representations.get(file);
    if (!prepared) {
      prepared = representation(file.blob, headersOf(file));
      representations.set(file, prepared);
    }
    return respond(request, prepared, source);
  };
  const notFound = (request: Request, client: Client, name: string): Response => {
    const bare = name.replace(/^k8s\//, "");
    // Scanners and browsers request much that never was a download.
    if (/^[^/][^/.:]*[.:][^/]*\/./.test(bare)) onMissing({ client: client.address(), kind: "file", name: bare });
    return notFoundPage(request, client, bare) ?? plainText(404, `Not in the bundle: ${printable(bare)}\n`);
  };
  return (request, client) => {
    if (!isRead(request)) return methodNotAllowed();
    const { path: sent, query } = targetOf(request);
    // A base URL that ends with a slash leads to two in a row; like nginx, take them for one.
    const path = sent.includes("//") ? sent.replace(/\/{2,}/g, "/") : sent;
    const name = decodePath(path.slice(1));
    if (name === undefined) return plainText(400, "The path is not percent-encoded as it should be\n");
    const file = find(index, name, path.slice(1), query);
    if (file) return fileResponse(request, file);
    return directory(request, client, { path, name }) ?? notFound(request, client, name);
  };
}

/** Looks a file up by its name inside the air gap. The name of a file whose URL has a query contains that query. */
function find({ files }: ContentIndex, name: string, raw: string, query: string): IndexedFile | undefined {
  const bare = name.startsWith("k8s/") ? name.slice("k8s/".length) : name;
  const file = files.get(bare) ?? files.get(name);
  if (file || query === "") return file;
  const withQuery = decodePath(`${raw.replace(/^k8s\//, "")}?${query}`);
  return withQuery === undefined ? undefined : files.get(withQuery);
}

/** File extension → media type. Archives have a type of their own and no content encoding, so that no client unpacks them. */
const types: Readonly<Record<string, string>> = {
  tgz: "application/gzip",
  gz: "application/gzip",
  xz: "application/x-xz",
  zst: "application/zstd",
  bz2: "application/x-bzip2",
  tar: "application/x-tar",
  zip: "application/zip",
  deb: "application/vnd.debian.binary-package",
  rpm: "application/x-rpm",
  json: "application/json",
  yaml: "application/yaml",
  yml: "application/yaml",
  txt: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  sh: "text/x-shellscript; charset=utf-8",
  sha256: "text/plain; charset=utf-8",
  sha512: "text/plain; charset=utf-8",
  sha256sum: "text/plain; charset=utf-8",
  asc: "application/pgp-signature",
  sig: "application/pgp-signature",
};

function headersOf({ path }: IndexedFile): Record<string, string> {
  const name = path.split("/").at(-1) ?? path;
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const type = name.includes(".") ? types[ending] : undefined;
  return {
    "content-type": type ?? "application/octet-stream",
    "content-disposition": `inline; filename="${name.replace(/[^\w.+-]/g, "_")}"`,
  };
}
