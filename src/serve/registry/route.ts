// The pull side of the OCI distribution specification 1.1, below /v2/. Any repository name that an image has inside the gap will
// do: full, without its host, both below k8s/, or with containerd's ?ns=HOST beside it. Nothing can be pushed.
import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, parseDigest } from "../../core/digest.ts";
import { isRepository, isTag } from "../../core/reference.ts";
import type { ContentIndex, IndexedRepository } from "../content/content-index.ts";
import { type ContentSource, type Representation, representation, respond } from "../content/respond.ts";
import { type Client, isRead, type MissingRequest, type Route, targetOf } from "../handler.ts";
import { registryError, registryHeaders, registryJson } from "./errors.ts";
import { chooseManifest } from "./negotiate.ts";
import { paginated } from "./paging.ts";
import { referrersApi } from "./referrers.ts";

export interface RegistryRouteOptions {
  readonly index: ContentIndex;
  readonly source: ContentSource;
  readonly onMissing: (miss: MissingRequest) => void;
}

/** What was asked for, taken apart. */
interface RegistryRequest {
  readonly request: Request;
  readonly client: Client;
  /** As it stands in the path. */
  readonly name: string;
  readonly what: string;
  readonly query: URLSearchParams;
}

const nothing = new URLSearchParams();
const grammar = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/([^/]+)$/;

export function registryRoute(options: RegistryRouteOptions): Route {
  const { index: shelf } = options;
  const referrers = referrersApi(shelf, options.source);
  const manifests = offers(({ digest, mediaType }) => ({
    ...registryHeaders,
    "content-type": mediaType,
    "docker-content-digest": digest,
    vary: "Accept",
  }));
  // Bun would name the file that the bytes lie in.
  const attached = { "content-type": "application/octet-stream", "content-disposition": "attachment" };
  const blobs = offers(({ digest }) => ({ ...registryHeaders, ...attached, "docker-content-digest": digest }));
  const answers: Readonly<
    Record<string, (asked: RegistryRequest, repository: IndexedRepository | undefined) => Response>
  > = {
    manifests: (asked, repository) => manifest(asked, repository, options, manifests),
    blobs: (asked, repository) => blob(asked, repository, options, blobs),
    tags: ({ what, query, name }, repository) =>
      what !== "list"
        ? registryError("NAME_UNKNOWN", "The registry API has /tags/list and nothing beside it", { name })
        : repository
          ? paginated(`/v2/${name}/tags/list`, query, [...repository.tags.keys()].sort(), (tags) => ({ name, tags }))
          : unknown(name),
    referrers: ({ what, query, name }, repository) => {
      const digest = parseDigest(what);
      if (!digest) return registryError("DIGEST_INVALID", "What follows /referrers/ is not a digest", { digest: what });
      return repository ? referrers(digest, query.get("artifactType")) : unknown(name);
    },
  };
  return (request, client) => {
    const { path, query: text } = targetOf(request);
    if (path !== "/v2" && !path.startsWith("/v2/")) return undefined;
    if (!isRead(request))
      return registryError(
        "UNSUPPORTED",
        "This registry is a sealed bundle: nothing can be pushed to it or deleted from it",
      );
    if (path === "/v2/" || path === "/v2") return registryJson({});
    const query = text === "" ? nothing : new URLSearchParams(text);
    if (path === "/v2/_catalog") return paginated(path, query, shelf.catalog, (repositories) => ({ repositories }));
    const [, name = "", kind = "", what = ""] = grammar.exec(unescaped(path)) ?? [];
    const answer = answers[kind];
    if (!answer) return registryError("NAME_UNKNOWN", "The registry API has nothing at this path", { path });
    if (!shelf.repositories.has(name) && !isRepository(name))
      return registryError("NAME_INVALID", `"${name.slice(0, 300)}" is not a repository name`, { name });
    return answer({ request, client, name, what, query }, repositoryFor(shelf, name, query.get("ns"), request));
  };
}

/** Clients may send a digest's colon percent-encoded. */
function unescaped(path: string): string {
  return path.includes("%") ? path.replace(/%3a/gi, ":") : path;
}

/** What is given of each blob, prepared when first asked for. */
function offers(headersOf: (blob: Descriptor) => Record<string, string>): (blob: Descriptor) => Representation {
  const known = new Map<Digest, Representation>();
  return (blob) => {
    const there = known.get(blob.digest);
    if (there) return there;
    const made = representation(blob, headersOf(blob));
    known.set(blob.digest, made);
    return made;
  };
}

/**
 * With a namespace only that host's image will do, under whatever form of its name: the same path below another host is another
 * image.
 */
function repositoryFor(
  { repositories }: ContentIndex,
  name: string,
  ns: string | null,
  request: Request,
): IndexedRepository | undefined {
  if (ns === null || ns === request.headers.get("host")) return repositories.get(name);
  const host = ns === "registry-1.docker.io" || ns === "index.docker.io" ? "docker.io" : ns;
  const bare = name.startsWith("k8s/") ? name.slice("k8s/".length) : name;
  const forms = [`${host}/${name}`, `${host}/${bare}`, ...(bare.startsWith(`${host}/`) ? [bare] : [])];
  return forms.map((form) => repositories.get(form)).find((one) => one !== undefined);
}

function manifest(
  asked: RegistryRequest,
  repository: IndexedRepository | undefined,
  { index: shelf, source, onMissing: miss }: RegistryRouteOptions,
  offered: (blob: Descriptor) => Representation,
): Response {
  const { request, what, name } = asked;
  const digest = parseDigest(what);
  if (!digest && !isTag(what)) {
    return what.includes(":")
      ? registryError("DIGEST_INVALID", `"${what.slice(0, 200)}" is not a digest`, { digest: what })
      : registryError("TAG_INVALID", `"${what.slice(0, 200)}" is not a tag`, { tag: what });
  }
  const root = digest ? repository && shelf.manifests.get(digest) : repository?.tags.get(what);
  const found = root && (digest ? root : chooseManifest(root, request, shelf, source));
  if (!found) {
    miss({ client: asked.client.address(), kind: "image", name: missed(asked, digest ? "@" : ":") });
    if (!repository) return unknown(name);
    return registryError("MANIFEST_UNKNOWN", `The bundle has no manifest ${what} of ${name}`, {
      name,
      reference: what,
    });
  }
  return respond(request, offered(found), source);
}

function blob(
  asked: RegistryRequest,
  repository: IndexedRepository | undefined,
  { index: shelf, source, onMissing: miss }: RegistryRouteOptions,
  offered: (blob: Descriptor) => Representation,
): Response {
  const { request, what, name } = asked;
  const digest = parseDigest(what);
  if (!digest) return registryError("DIGEST_INVALID", `"${what.slice(0, 200)}" is not a digest`, { digest: what });
  const found = repository && shelf.blobs.get(digest);
  if (!found) {
    miss({ client: asked.client.address(), kind: "blob", name: missed(asked, "@") });
    return repository ? registryError("BLOB_UNKNOWN", `The bundle has no blob ${digest}`, { digest }) : unknown(name);
  }
  return respond(request, offered(found), source);
}

/** The name as complete as the client gave it. */
function missed({ name, what, query }: RegistryRequest, separator: string): string {
  const ns = query.get("ns");
  const bare = name.replace(/^k8s\//, "");
  const full = ns === null || bare.startsWith(`${ns}/`) ? bare : `${ns}/${bare}`;
  return `${full}${separator}${what}`;
}

function unknown(name: string): Response {
  return registryError("NAME_UNKNOWN", `The bundle has no image ${name}`, { name });
}
