// An OCI registry in memory, for clients under test: a real server on a free loopback port.
//
//   const registry = await startRegistry({ auth: { kind: "token", users: { ann: "secret" } } });
//   const pause = image({ platforms: { "linux/amd64": { layers: [bytes] } } });
//   registry.add("team/pause", pause, "3.10");                     // by digest, and under these tags
//   registry.fault(/^GET .*\/blobs\//, { cut: 100 }, { status: 500 }); // the next two such requests, one fault each
//   registry.log                                                   // ["GET /v2/team/pause/manifests/3.10 200", …]
//   expect(registry.surprises).toEqual([]);                        // requests that no client should make
//   await registry.close();
//
// It serves what a pull needs: manifests by tag and digest, HEAD, blobs with Range, referrers, tokens. No pushes.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { Seeded } from "./images.ts";
import { sha } from "./seed.ts";

export interface RegistryOptions {
  /** The referrers API; false answers 404 as older registries do. Default true. */
  readonly referrers?: boolean;
  /** Referrers on one page; further ones by Link. */
  readonly page?: number;
  /** Default: everybody may read. */
  readonly auth?: Auth;
  /** Headers on every manifest, as Docker Hub sends them; each GET of a manifest takes one off. */
  readonly rateLimit?: { readonly limit: number; readonly remaining: number };
  /** Blobs are answered with a redirect to a second server, which is not told who asks. */
  readonly redirect?: boolean;
  /** What HEAD of a manifest leaves out. */
  readonly head?: "refused" | "no digest";
}

export type Auth =
  | { readonly kind: "basic"; readonly users: Readonly<Record<string, string>> }
  | {
      readonly kind: "token";
      readonly users?: Readonly<Record<string, string>>;
      /** Taken by POST, as refresh_token. */
      readonly identity?: string;
      /** Does the token endpoint give a token to somebody without credentials? Default true. */
      readonly anonymous?: boolean;
      /** expires_in of tokens, in seconds. */
      readonly life?: number;
      /** Another address for the token endpoint. */
      readonly realm?: string;
    };

/** What happens to one request instead of, or to, its answer. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The connection is cut after so many bytes of the body. */
  | { readonly cut: number }
  /** Another body; all headers as if it were the right one, but its length. */
  | { readonly bytes: Uint8Array }
  /** The right body with other headers; an empty one is left out. */
  | { readonly answer: Readonly<Record<string, string>> }
  /** A body that never ends. */
  | { readonly endless: true }
  /** The head of the answer, then nothing. */
  | { readonly stall: true }
  | "fine";

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly url: string;
  /** Where `redirect` leads. */
  readonly cdn: string;
  /** `GET /v2/a/manifests/1 200`, in the order of arrival; the token endpoint and the second host are in it too. */
  readonly log: readonly string[];
  readonly requests: readonly Request[];
  readonly surprises: readonly string[];
  add(repository: string, seeded: Seeded, ...tags: string[]): void;
  /** Takes a manifest or blob away. */
  remove(repository: string, digest: string): void;
  /** Faults for the next requests whose `METHOD /path` matches, one each. */
  fault(pattern: RegExp, ...faults: Fault[]): void;
  /** The same fault for ever. */
  always(pattern: RegExp, fault: Fault): void;
  /** Every token given so far is worth nothing from now on. */
  revoke(): void;
  close(): Promise<void>;
}

interface Repository {
  readonly content: Map<string, { bytes: Uint8Array; mediaType?: string }>;
  readonly tags: Map<string, string>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});
const unknown = (code: string): Answer => json(404, { errors: [{ code }] });

export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const repositories = new Map<string, Repository>();
  const faults: { pattern: RegExp; queue: Fault[]; always?: Fault }[] = [];
  const requests: Request[] = [];
  const surprises: string[] = [];
  const tokens = new Map<string, string>();
  let issued = 0;
  let spent = 0;

  const faultFor = (line: string): Fault => {
    for (const each of faults) {
      if (!each.pattern.test(line)) continue;
      const next = each.queue.shift() ?? each.always;
      if (next) return next;
    }
    return "fine";
  };

  const authorized = (request: IncomingMessage, name: string): Answer | undefined => {
    const { auth } = options;
    const given = request.headers.authorization;
    if (!auth) return undefined;
    if (auth.kind === "basic") {
      if (userOf(given, auth.users)) return undefined;
      return json(401, { errors: [{ code: "UNAUTHORIZED" }] }, { "www-authenticate": 'Basic realm="test"' });
    }
    const scope = `repository:${name}:pull`;
    if (given?.startsWith("Bearer ") && tokens.get(given.slice(7))?.split(" ").includes(scope)) return undefined;
    const realm = auth.realm ?? `${main.url}/token?tenant=1`;
    const challenge = `Bearer realm="${realm}",service="test \\"registry\\", inc",scope="${scope}"`;
    return json(401, { errors: [{ code: "UNAUTHORIZED" }] }, { "www-authenticate": challenge });
  };

  const token = (request: IncomingMessage, url: URL, body: string): Answer => {
    const { auth } = options;
    if (auth?.kind !== "token" || url.searchParams.get("tenant") !== "1") return surprise(request);
    const form = new URLSearchParams(request.method === "POST" ? body : url.search);
    if (form.get("service") !== 'test "registry", inc') return surprise(request);
    if (request.method === "POST") {
      if (form.get("grant_type") !== "refresh_token" || form.get("refresh_token") !== auth.identity)
        return json(401, { error: "invalid_grant" });
    } else if (request.headers.authorization !== undefined) {
      const user = userOf(request.headers.authorization, auth.users ?? {});
      if (!user || form.get("account") !== user) return json(401, { details: "incorrect username or password" });
    } else if (auth.anonymous === false) return json(401, { details: "authentication required" });
    const value = `token-${++issued}`;
    tokens.set(value, form.getAll("scope").join(" "));
    const life = auth.life === undefined ? {} : { expires_in: auth.life };
    return json(200, { [request.method === "POST" ? "access_token" : "token"]: value, ...life });
  };

  const surprise = (request: IncomingMessage): Answer => {
    surprises.push(`${request.method} ${request.url}`);
    return unknown("UNSUPPORTED");
  };

  const manifest = (repository: Repository, reference: string, method: string): Answer => {
    const digest = repository.tags.get(reference) ?? reference;
    const found = repository.content.get(digest);
    if (found?.mediaType === undefined) return unknown("MANIFEST_UNKNOWN");
    if (method === "HEAD" && options.head === "refused") return { status: 405 };
    const headers: Record<string, string> = { "content-type": found.mediaType, "docker-content-digest": digest };
    if (method === "HEAD" && options.head === "no digest") delete headers["docker-content-digest"];
    if (options.rateLimit) {
      if (method === "GET") spent++;
      headers["ratelimit-limit"] = `${options.rateLimit.limit};w=21600`;
      headers["ratelimit-remaining"] = `${options.rateLimit.remaining - spent};w=21600`;
    }
    return { status: 200, headers, body: found.bytes };
  };

  const blob = (repository: Repository, digest: string, request: IncomingMessage, direct: boolean): Answer => {
    const found = repository.content.get(digest);
    if (!found || found.mediaType !== undefined) return unknown("BLOB_UNKNOWN");
    if (options.redirect && !direct)
      return { status: 307, headers: { location: `${cdn.url}${request.url}?signature=1` } };
    const headers = { "content-type": "application/octet-stream", "accept-ranges": "bytes", etag: `"${digest}"` };
    const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
    const same = request.headers["if-range"] === undefined || request.headers["if-range"] === headers.etag;
    if (first === undefined || !same) return { status: 200, headers, body: found.bytes };
    const total = found.bytes.length;
    if (Number(first) >= total) return { status: 416, headers: { "content-range": `bytes */${total}` } };
    const range = { ...headers, "content-range": `bytes ${first}-${total - 1}/${total}` };
    return { status: 206, headers: range, body: found.bytes.subarray(Number(first)) };
  };

  const referrers = (repository: Repository, digest: string, url: URL): Answer => {
    if (options.referrers === false) return unknown("NOT_FOUND");
    const all = [...repository.content].flatMap(([own, { bytes, mediaType }]): Descriptor[] => {
      const document = mediaType === undefined ? {} : JSON.parse(new TextDecoder().decode(bytes));
      if (mediaType === undefined || document.subject?.digest !== digest) return [];
      return [{ mediaType, digest: own as Descriptor["digest"], size: bytes.length }];
    });
    const start = Number(url.searchParams.get("last") ?? 0);
    const end = start + (options.page ?? all.length);
    const index = "application/vnd.oci.image.index.v1+json";
    const more = end < all.length ? { link: `<${url.pathname}?last=${end}>; rel="next"` } : {};
    return json(
      200,
      { schemaVersion: 2, mediaType: index, manifests: all.slice(start, end) },
      { "content-type": index, ...more },
    );
  };

  const route = (request: IncomingMessage, body: string, direct: boolean): Answer => {
    const url = new URL(request.url ?? "/", "http://registry");
    if (url.pathname === "/token" && !direct) return token(request, url, body);
    const [, name, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(url.pathname) ?? [];
    const method = request.method ?? "";
    if (!name || !reference || !["GET", "HEAD"].includes(method)) return surprise(request);
    if (direct && (kind !== "blobs" || url.search !== "?signature=1")) return surprise(request);
    const refused = direct ? undefined : authorized(request, name);
    if (refused) return refused;
    const repository = repositories.get(name);
    if (!repository) return unknown("NAME_UNKNOWN");
    if (kind === "manifests") return manifest(repository, reference, method);
    if (kind === "blobs") return blob(repository, reference, request, direct);
    return referrers(repository, reference, url);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse, direct: boolean): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const fault = faultFor(`${request.method} ${request.url}`);
    const answer = typeof fault === "object" && "status" in fault ? fault : route(request, body, direct);
    const { method = "", url: path = "", headers } = request;
    requests.push({ method, path, status: answer.status, headers, body });
    reply(response, answer, fault, method);
  };

  const main = await listen((request, response) => handle(request, response, false));
  const cdn = await listen((request, response) => handle(request, response, true));
  const repositoryOf = (name: string): Repository => {
    const there = repositories.get(name) ?? { content: new Map(), tags: new Map() };
    repositories.set(name, there);
    return there;
  };

  return {
    host: main.url.replace("http://", ""),
    url: main.url,
    cdn: cdn.url,
    get log() {
      return requests.map(({ method, path, status }) => `${method} ${path} ${status}`);
    },
    requests,
    surprises,
    add(name, seeded, ...tags) {
      const repository = repositoryOf(name);
      for (const { bytes, mediaType } of seeded.manifests) repository.content.set(sha(bytes), { bytes, mediaType });
      for (const bytes of seeded.blobs) repository.content.set(sha(bytes), { bytes });
      for (const tag of tags) repository.tags.set(tag, seeded.root.digest);
    },
    remove: (name, digest) => void repositoryOf(name).content.delete(digest),
    fault: (pattern, ...queue) => void faults.push({ pattern, queue }),
    always: (pattern, fault) => void faults.push({ pattern, queue: [], always: fault }),
    revoke: () => tokens.clear(),
    close: async () => {
      await Promise.all([main.close(), cdn.close()]);
    },
  };
}

function userOf(header: string | undefined, users: Readonly<Record<string, string>>): string | undefined {
  return Object.keys(users).find(
    (name) => header === `Basic ${Buffer.from(`${name}:${users[name]}`).toString("base64")}`,
  );
}

function reply(
  response: ServerResponse,
  { status, headers = {}, body = "" }: Answer,
  fault: Fault,
  method: string,
): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const special = typeof fault === "object" ? fault : { status };
  const sent: Uint8Array = "bytes" in special ? special.bytes : bytes;
  const changed: Record<string, string> = {
    ...headers,
    "content-length": String(sent.length),
    ...("answer" in special && special.answer),
  };
  const final = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== ""));
  if ("endless" in special) {
    const { "content-length": _, ...rest } = final;
    response.writeHead(status, rest);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
    };
    response.on("drain", more);
    more();
    return;
  }
  response.writeHead(status, final);
  if (method === "HEAD") response.end();
  else if ("stall" in special) response.flushHeaders();
  else if ("cut" in special) {
    response.flushHeaders();
    response.write(sent.subarray(0, special.cut), () => response.destroy());
  } else response.end(sent);
}

/** A server on a free loopback port; a handler that fails cuts the connection. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    handler(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
