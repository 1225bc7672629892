// The pull side of the OCI distribution specification 1.1, below /v2/. It takes every repository name that an image has inside the
// air gap: the full one, the one without host, both below k8s/, and containerd's with ?ns=HOST. Nothing can be pushed.

import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, parseDigest } from "../../core/digest.ts";
import { canonicalHost } from "../../core/docker-hub.ts";
import { isRepository, isTag } from "../../core/reference.ts";
import { type ContentIndex, decodePath, type IndexedRepository } from "../content/content-index.ts";
import { type ContentSource, type Representation, representation, respond } from "../content/respond.ts";
import { type Client, isRead, type MissingRequest, type RouteHandler, targetOf } from "../handler.ts";
import { registryError, registryHeaders, registryJson } from "./errors.ts";
import { chooseManifest } from "./negotiate.ts";
import { paginated } from "./paging.ts";
import { referrersApi } from "./referrers.ts";

/** What the route of the registry needs. */
export interface RegistryRouteOptions {
  readonly index: ContentIndex;
  readonly source: ContentSource;
  readonly onMissing: (request: MissingRequest) => void;
}

/** A request below a repository's name: `/v2/NAME/KIND/REFERENCE`. */
interface RegistryRequest {
  readonly request: Request;
  readonly client: Client;
  /** As it stands in the path. */
  readonly name: string;
  /** A tag, a digest, or `list`. */
  readonly reference: string;
  readonly query: URLSearchParams;
  /** Undefined where the bundle has none of that name. */
  readonly repository: IndexedRepository | undefined;
}

const noParameters = new URLSearchParams();
const grammar = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/([^/]+)$/;

type RepositoryHandler = (request: RegistryRequest) => Response;

/** Answers every path below /v2/. */
export function registryRoute(options: RegistryRouteOptions): RouteHandler {
  const { index } = options;
  const handlers = repositoryHandlers(options);
  const repositoryResponse = (path: string, query: URLSearchParams, request: Request, client: Client): Response => {
    const [, name = "", kind = "", reference = ""] = grammar.exec(decodePath(path) ?? "") ?? [];
    const handler = handlers[kind];
    if (!handler) return registryError("NAME_UNKNOWN", "The registry API has nothing at this path", { path });
    if (!index.repositories.has(name) && !isRepository(name)) return invalidName(name, kind);
    const repository = repositoryFor(index, name, query.get("ns"), request);
    return handler({ request, client, name, reference, query, repository });
  };
  return (request, client) => {
    const { path, query } = targetOf(request);
    if (path !== "/v2" && !path.startsWith("/v2/")) return undefined;
    if (!isRead(request))
      return registryError(
        "UNSUPPORTED",
        "This registry is a sealed bundle: nothing can be pushed to it or deleted from it",
      );
    if (path === "/v2/" || path === "/v2") return registryJson({});
    const parameters = query === "" ? noParameters : new URLSearchParams(query);
    if (path === "/v2/_catalog")
      return paginated(path, parameters, index.catalog, (repositories) => ({ repositories }));
    return repositoryResponse(path, parameters, request, client);
  };
}

/** The handler of each KIND of request below a repository. */
function repositoryHandlers(options: RegistryRouteOptions): Readonly<Record<string, RepositoryHandler>> {
  const { index, source } = options;
  const manifests = representations(({ digest, mediaType }) => ({
    ...registryHeaders,
    "content-type": mediaType,
    "docker-content-digest": digest,
    vary: "Accept",
  }));
  const blobs = representations(({ digest }) => ({
    ...registryHeaders,
    "content-type": "application/octet-stream",
    // Bun would name the file that the bytes lie in.
    "content-disposition": "attachment",
    "docker-content-digest": digest,
  }));
  const referrers = referrersApi(index, source);
  return {
    manifests: (request) => manifestResponse(request, options, manifests),
    blobs: (request) => blobResponse(request, options, blobs),
    tags: tagsResponse,
    referrers: (request) => referrersResponse(request, referrers),
  };
}

/**
 * The repository of that name. With a namespace (containerd's ?ns=HOST) it must be one of that host, under any form of its name: the
 * same path below another host is another image.
 */
function repositoryFor(
  { repositories }: ContentIndex,
  name: string,
  namespace: string | null,
  request: Request,
): IndexedRepository | undefined {
  if (namespace === null || namespace === request.headers.get("host")) return repositories.get(name);
  const host = canonicalHost(namespace);
  const bare = name.startsWith("k8s/") ? name.slice("k8s/".length) : name;
  const forms = [`${host}/${name}`, `${host}/${bare}`, ...(bare.startsWith(`${host}/`) ? [bare] : [])];
  return forms.map((form) => repositories.get(form)).find((repository) => repository !== undefined);
}

/** Returns a function that prepares the representation of a blob, at the first request for it. */
function representations(
  headersOf: (blob: Descriptor) => Record<string, string>,
): (blob: Descriptor) => Representation {
  const prepared = new Map<Digest, Representation>();
  return (blob) => {
    const existing = prepared.get(blob.digest);
    if (existing) return existing;
    const created = representation(blob, headersOf(blob));
    prepared.set(blob.digest, created);
    return created;
  };
}

function manifestResponse(
  registryRequest: RegistryRequest,
  { index, source, onMissing }: RegistryRouteOptions,
  representationOf: (blob: Descriptor) => Representation,
): Response {
  const { request, client, name, reference, repository } = registryRequest;
  const digest = parseDigest(reference);
  if (!digest && !isTag(reference)) return invalidReference(reference);
  const root = digest ? repository && index.manifests.get(digest) : repository?.tags.get(reference);
  const manifest = root && (digest ? root : chooseManifest(root, request, index, source));
  if (manifest) return respond(request, representationOf(manifest), source);
  onMissing({ client: client.address(), kind: "image", name: fullName(registryRequest, digest ? "@" : ":") });
  if (!repository) return unknownName(name);
  return registryError("MANIFEST_UNKNOWN", `The bundle has no manifest ${reference} of ${name}`, { name, reference });
}

function blobResponse(
  registryRequest: RegistryRequest,
  { index, source, onMissing }: RegistryRouteOptions,
  representationOf: (blob: Descriptor) => Representation,
): Response {
  const { request, client, name, reference, repository } = registryRequest;
  const digest = parseDigest(reference);
  if (!digest) return invalidDigest(reference);
  const blob = repository && index.blobs.get(digest);
  if (blob) return respond(request, representationOf(blob), source);
  onMissing({ client: client.address(), kind: "blob", name: fullName(registryRequest, "@") });
  if (!repository) return unknownName(name);
  return registryError("BLOB_UNKNOWN", `The bundle has no blob ${digest}`, { digest });
}

function tagsResponse({ reference, query, name, repository }: RegistryRequest): Response {
  if (reference !== "list")
    return registryError("NAME_UNKNOWN", "The registry API has /tags/list and nothing beside it", { name });
  if (!repository) return unknownName(name);
  return paginated(`/v2/${name}/tags/list`, query, [...repository.tags.keys()].sort(), (tags) => ({ name, tags }));
}

function referrersResponse(
  { reference, query, repository }: RegistryRequest,
  referrers: (subject: Digest | undefined, artifactType: string | null) => Response,
): Response {
  const digest = parseDigest(reference);
  if (!digest)
    return registryError("DIGEST_INVALID", "What follows /referrers/ is not a digest", { digest: reference });
  // Clients take 404 for a registry without this API, and ask for tags in its stead.
  return referrers(repository && digest, query.get("artifactType"));
}

/** What has no valid name is not there (404); only the referrers API never says so. */
function invalidName(name: string, kind: string): Response {
  const code = kind === "referrers" ? "NAME_INVALID" : "NAME_UNKNOWN";
  return registryError(code, `"${name.slice(0, 300)}" is not a repository name`, { name });
}

function invalidReference(reference: string): Response {
  if (reference.includes(":")) return invalidDigest(reference);
  return registryError("MANIFEST_UNKNOWN", `"${reference.slice(0, 200)}" is not a tag`, { tag: reference });
}

function invalidDigest(text: string): Response {
  return registryError("DIGEST_INVALID", `"${text.slice(0, 200)}" is not a digest`, { digest: text });
}

/** The image's name for the list of what is missing: with its host where the client sent one. */
function fullName({ name, reference, query }: RegistryRequest, separator: string): string {
  const namespace = query.get("ns");
  const bare = name.replace(/^k8s\//, "");
  const repository = namespace === null || bare.startsWith(`${namespace}/`) ? bare : `${namespace}/${bare}`;
  return `${repository}${separator}${reference}`;
}

function unknownName(name: string): Response {
  return registryError("NAME_UNKNOWN", `The bundle has no image ${name}`, { name });
}
