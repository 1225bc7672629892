// `/k8s/<origin host>/<path>`, and the same without /k8s: what kubespray's download URLs become inside the gap. A path is looked
// up by name and nothing else: no request reaches a file system.

import { type Client, isRead, type MissingRequest, plainText, type Route, targetOf } from "../handler.ts";
import { type ContentIndex, decodePath, type IndexedFile } from "./content-index.ts";
import { directories, type RenderListing } from "./directories.ts";
import { type ContentSource, type Representation, representation, respond } from "./respond.ts";

export interface FilesRouteOptions {
  readonly index: ContentIndex;
  readonly source: ContentSource;
  readonly onMissing: (miss: MissingRequest) => void;
  /** What directories look like; a bare list where nobody says. */
  readonly renderListing?: RenderListing;
  /** What a person is told of a file that is not here; undefined: the plain words. */
  readonly notFoundPage?: NotFoundPage;
}

export type NotFoundPage = (request: Request, name: string) => Response | undefined;

export function filesRoute({
  index: shelf,
  source,
  onMissing: miss,
  renderListing: dress,
  notFoundPage: absent,
}: FilesRouteOptions): Route {
  const offers = new Map<IndexedFile, Representation>();
  const list = directories(shelf, dress);
  const answer = (request: Request, file: IndexedFile): Response => {
    let known = offers.get(file);
    if (!known) {
      known = representation(file.blob, headersOf(file));
      offers.set(file, known);
    }
    return respond(request, known, source);
  };
  return (request, client) => {
    if (!isRead(request)) return plainText(405, "This server only gives: GET and HEAD\n", { allow: "GET, HEAD" });
    const { path: sent, query } = targetOf(request);
    // A base address that ends with a slash makes two of them; nginx takes them for one.
    const path = sent.includes("//") ? sent.replace(/\/{2,}/g, "/") : sent;
    const name = decodePath(path.slice(1));
    if (name === undefined) return plainText(400, "The path is not percent-encoded as it should be\n");
    const found = find(shelf, name, path.slice(1), query);
    if (found) return answer(request, found);
    return list(request, name, path) ?? missing(name, client, miss, (bare) => absent?.(request, bare));
  };
}

/** By its name inside the gap; a URL that was given with a query has it in its name. */
function find({ files }: ContentIndex, name: string, raw: string, query: string): IndexedFile | undefined {
  const bare = name.startsWith("k8s/") ? name.slice("k8s/".length) : name;
  const found = files.get(bare) ?? files.get(name);
  if (found || query === "") return found;
  const whole = decodePath(`${raw.replace(/^k8s\//, "")}?${query}`);
  return whole === undefined ? undefined : files.get(whole);
}

function missing(
  name: string,
  client: Client,
  miss: (miss: MissingRequest) => void,
  absent: (name: string) => Response | undefined,
): Response {
  const bare = name.replace(/^k8s\//, "");
  // Scanners and browsers ask for much that never was a download.
  if (/^[^/]+[.:][^/]*\/./.test(bare)) miss({ client: client.address(), kind: "file", name: bare });
  return absent(bare) ?? plainText(404, `Not in the bundle: ${bare.replace(/\p{Cc}/gu, "?")}\n`);
}

/** What a path's ending says about the bytes. Archives keep their own type: nobody must unpack them on the way. */
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
