// A registry in memory that is pushed to: a real server on a free loopback port, as strict as a registry can be.
//
//   await using target = await startTarget({ sparse: "refused" });
//   target.fault(/^PATCH/, { status: 429, headers: { "retry-after": "7" } }, { swallow: 100 });   // the next two, one fault each
//   … push …
//   target.stored                                  // ["library/nginx sha256:…", …]: blobs that travelled, in order
//   expect(target.halfTagged).toEqual([]);         // tags that were set before all they lead to was there
//   expect(target.surprises).toEqual([]);          // requests that no client should make
//
// The pull side is there as far as reading back needs it. Sessions, mounts, chunks, tokens with scopes. tests/support/harbor.ts stands in front of it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen } from "./registry.ts";
import { sha } from "./seed.ts";

export interface TargetOptions {
  /** An index whose manifests are not all there. Default: taken. */
  readonly sparse?: "refused";
  /** Default: taken. `ignored`: an upload is opened instead. */
  readonly mounts?: "ignored" | "refused";
  /** Default: taken whole. A number: so many bytes of each are kept. `muddled`: the last one replaces those before it. */
  readonly chunks?: "refused" | "muddled" | number;
  /** The referrers API, announced by OCI-Subject. Default false. */
  readonly referrers?: boolean;
  /** Default true. */
  readonly nested?: boolean;
  /** Media types of manifests that are refused. */
  readonly refuses?: RegExp;
  /** Tokens for these users; what each may do in which repositories. Nobody else gets in. */
  readonly users?: Readonly<
    Record<string, { readonly password: string; readonly may: (repository: string) => string }>
  >;
  /** Uploads go to a second server: by their address (`location`), or by a redirect of what is sent. */
  readonly elsewhere?: "location" | "redirect";
}

/** What happens to one request instead of, or to, its answer. */
export type TargetFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** So many bytes of its body are taken in (and kept, as far as the session goes), then the connection is cut. */
  | { readonly swallow: number }
  /** It is done, and the connection is cut before the answer. */
  | { readonly mute: true }
  /** It is never answered. */
  | { readonly stall: true }
  /** The answer names this digest. */
  | { readonly digest: string }
  /** Done first. */
  | { readonly act: () => unknown }
  | "fine";

export interface Target extends AsyncDisposable {
  readonly host: string;
  readonly url: string;
  readonly log: readonly string[];
  readonly requests: readonly { readonly line: string; readonly headers: IncomingMessage["headers"] }[];
  readonly stored: readonly string[];
  readonly halfTagged: readonly string[];
  readonly surprises: readonly string[];
  /** `repository:tag` → digest. */
  readonly tags: Readonly<Record<string, string>>;
  /** Bytes of uploads that came in, whatever became of them. */
  readonly received: number;
  blob(repository: string, digest: string): Uint8Array | undefined;
  manifest(repository: string, digest: string): Uint8Array | undefined;
  /** Takes a blob or a manifest away. */
  lose(repository: string, digest: string): void;
  /** Ends every upload. */
  expire(): void;
  fault(pattern: RegExp, ...faults: TargetFault[]): void;
  always(pattern: RegExp, fault: TargetFault): void;
}

/** All that a fault may be, at once. */
interface Every extends Answer {
  readonly swallow: number;
  readonly mute: true;
  readonly stall: true;
  readonly digest: string;
  readonly act: () => unknown;
}

interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, { readonly bytes: Uint8Array; readonly type: string }>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

const failure = (status: number, code: string, message = ""): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ errors: [{ code, message }] }),
});

export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const repositories = new Map<string, Repository>();
  const tags = new Map<string, string>();
  const sessions = new Map<string, { repository: string; bytes: Buffer }>();
  const tokens = new Map<string, string[]>();
  const faults: { pattern: RegExp; queue: TargetFault[]; always?: TargetFault }[] = [];
  const requests: { line: string; headers: IncomingMessage["headers"] }[] = [];
  const [stored, halfTagged, surprises]: [string[], string[], string[]] = [[], [], []];
  let received = 0;
  let next = 0;

  const repositoryOf = (name: string): Repository => {
    const there = repositories.get(name) ?? { blobs: new Map(), manifests: new Map() };
    repositories.set(name, there);
    return there;
  };
  const faultFor = (line: string): TargetFault => {
    for (const each of faults) {
      if (!each.pattern.test(line)) continue;
      const found = each.queue.shift() ?? each.always;
      if (found) return found;
    }
    return "fine";
  };

  const refusedTo = (request: IncomingMessage, url: URL, name: string): Answer | undefined => {
    if (!options.users) return undefined;
    const { authorization = "" } = request.headers;
    const needs = ["GET", "HEAD"].includes(request.method ?? "") ? "pull" : "push";
    const granted = tokens.get(authorization.replace("Bearer ", ""));
    const from = url.searchParams.get("from");
    const wanted = name === "" ? [] : [`${name} ${needs}`, ...(from ? [`${from} pull`] : [])];
    if (granted && wanted.every((each) => granted.includes(each))) return undefined;
    const scope = wanted.map((each) => `repository:${each.replace(" ", ":")}`).join(" ");
    const challenge = `Bearer realm="${main.url}/token",service="test"${scope === "" ? "" : `,scope="${scope}"`}`;
    return { ...failure(401, "UNAUTHORIZED"), headers: { "www-authenticate": challenge } };
  };

  const token = (request: IncomingMessage, url: URL): Answer => {
    const login = Buffer.from((request.headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
    const user = options.users?.[login.split(":")[0] as string];
    if (!user || login !== `${login.split(":")[0]}:${user.password}`) return failure(401, "UNAUTHORIZED");
    const granted = url.searchParams.getAll("scope").flatMap((scope) => {
      const [, name = "", actions = ""] = scope.split(":");
      const may = user.may(name).split(",");
      return actions.split(",").flatMap((action) => (may.includes(action) ? [`${name} ${action}`] : []));
    });
    const value = `token-${++next}`;
    tokens.set(value, granted);
    return { status: 200, body: JSON.stringify({ token: value }) };
  };

  const place = (name: string, id: string): string => {
    const host = options.elsewhere === "location" ? second.url : "";
    return `${host}/v2/${name}/blobs/uploads/${id}?state=a%2Fb`;
  };
  const session = (name: string): Answer => {
    const id = `upload-${++next}`;
    sessions.set(id, { repository: name, bytes: Buffer.alloc(0) });
    return { status: 202, headers: { location: place(name, id), range: "0-0" } };
  };

  const begin = (name: string, url: URL): Answer => {
    const depth = name.split("/").length;
    if (options.nested === false && depth > 1) return failure(400, "NAME_INVALID", "one level only");
    const [digest, from] = [url.searchParams.get("mount"), url.searchParams.get("from")];
    if (digest && from) {
      if (options.mounts === "refused") return failure(405, "UNSUPPORTED");
      const there = options.mounts === undefined ? repositories.get(from)?.blobs.get(digest) : undefined;
      if (!there) return session(name);
      repositoryOf(name).blobs.set(digest, there);
      return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest } };
    }
    return session(name);
  };

  const upload = (request: IncomingMessage, url: URL, name: string, id: string, body: Buffer): Answer => {
    const there = sessions.get(id);
    if (url.searchParams.get("state") !== "a/b") return surprise(request);
    if (!there || there.repository !== name) return failure(404, "BLOB_UPLOAD_UNKNOWN");
    const { method } = request;
    const kept = (): string => `0-${Math.max(0, there.bytes.length - 1)}`;
    if (method === "DELETE") {
      sessions.delete(id);
      return { status: 204 };
    }
    if (method === "GET") return { status: 204, headers: { location: place(name, id), range: kept() } };
    if (method === "PATCH") {
      if (options.chunks === "refused") return failure(405, "UNSUPPORTED");
      const [, first] = /^(\d+)-(\d+)$/.exec(request.headers["content-range"] ?? "") ?? [];
      if (first === undefined) return surprise(request);
      if (options.chunks === "muddled") {
        there.bytes = body;
        return { status: 202, headers: { location: place(name, id) } };
      }
      if (Number(first) !== there.bytes.length) return failure(416, "RANGE_INVALID");
      there.bytes = Buffer.concat([there.bytes, body.subarray(0, options.chunks)]);
      return { status: 202, headers: { location: place(name, id), range: kept() } };
    }
    const digest = url.searchParams.get("digest") ?? "";
    const bytes = new Uint8Array(Buffer.concat([there.bytes, body]));
    if (sha(bytes) !== digest) return failure(400, "DIGEST_INVALID", "provided digest did not match");
    sessions.delete(id);
    repositoryOf(name).blobs.set(digest, bytes);
    stored.push(`${name} ${digest}`);
    return { status: 201, headers: { "docker-content-digest": digest } };
  };

  /** What a manifest names and this repository lacks. */
  const lacking = (repository: Repository, bytes: Uint8Array): string[] => {
    const { config, layers = [], manifests = [] } = JSON.parse(new TextDecoder().decode(bytes));
    return [
      ...[...(config ? [config] : []), ...layers].filter(({ digest }) => !repository.blobs.has(digest)),
      ...manifests.filter(({ digest }: { digest: string }) => !repository.manifests.has(digest)),
    ].map(({ digest }) => digest);
  };

  const putManifest = (request: IncomingMessage, name: string, reference: string, body: Buffer): Answer => {
    const type = request.headers["content-type"] ?? "";
    if (options.refuses?.test(type)) return failure(400, "MANIFEST_INVALID", "unknown media type");
    const repository = repositoryOf(name);
    const bytes = new Uint8Array(body);
    const digest = sha(bytes);
    if (reference.startsWith("sha256:") && reference !== digest) return failure(400, "DIGEST_INVALID");
    const lacks = lacking(repository, bytes);
    const { manifests, subject } = JSON.parse(body.toString());
    if (lacks.length > 0 && (!manifests || options.sparse)) return failure(400, "MANIFEST_BLOB_UNKNOWN", lacks[0]);
    repository.manifests.set(digest, { bytes, type });
    if (!reference.startsWith("sha256:")) {
      tags.set(`${name}:${reference}`, digest);
      const children = (manifests ?? []).flatMap((one: { digest: string }) => {
        const child = repository.manifests.get(one.digest);
        return child ? lacking(repository, child.bytes) : [];
      });
      if (children.length > 0 || (!manifests && lacks.length > 0)) halfTagged.push(`${name}:${reference}`);
    }
    const listed = subject && options.referrers ? { "oci-subject": subject.digest } : {};
    return { status: 201, headers: { "docker-content-digest": digest, ...listed } };
  };

  const read = (request: IncomingMessage, name: string, kind: string, reference: string): Answer => {
    const repository = repositories.get(name);
    if (kind === "blobs") {
      const bytes = repository?.blobs.get(reference);
      return bytes ? { status: 200, body: bytes } : failure(404, "BLOB_UNKNOWN");
    }
    const digest = tags.get(`${name}:${reference}`) ?? reference;
    const found = repository?.manifests.get(digest);
    if (!found) return failure(404, "MANIFEST_UNKNOWN");
    if (!(request.headers.accept ?? "").includes(found.type)) return surprise(request);
    return { status: 200, headers: { "content-type": found.type, "docker-content-digest": digest }, body: found.bytes };
  };

  const surprise = (request: IncomingMessage): Answer => {
    surprises.push(`${request.method} ${request.url}`);
    return failure(404, "UNSUPPORTED");
  };

  const route = (request: IncomingMessage, body: Buffer, direct: boolean): Answer => {
    const url = new URL(request.url ?? "/", "http://registry");
    const { method = "" } = request;
    if (url.pathname === "/token" && options.users && !direct) return token(request, url);
    if (url.pathname === "/api/v2.0/ping" && !direct) return { status: 404 };
    const [, name = "", kind, reference = ""] =
      /^\/v2\/(?:(.+)\/(blobs\/uploads|blobs|manifests)\/([^/]*))?$/.exec(url.pathname) ?? [];
    if (direct && kind !== "blobs/uploads") return surprise(request);
    if (direct && request.headers.authorization !== undefined) return surprise(request);
    const refused = direct ? undefined : refusedTo(request, url, name);
    if (refused) return refused;
    if (url.pathname === "/v2/") return { status: 200, body: "{}" };
    if (kind === "blobs/uploads") {
      if (reference === "") return method === "POST" ? begin(name, url) : surprise(request);
      if (options.elsewhere === "redirect" && !direct && body.length > 0)
        return { status: 307, headers: { location: `${second.url}${request.url}` } };
      return upload(request, url, name, reference, body);
    }
    if (kind === "manifests" && method === "PUT") return putManifest(request, name, reference, body);
    if (kind && ["GET", "HEAD"].includes(method)) return read(request, name, kind, reference);
    return surprise(request);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse, direct: boolean): Promise<void> => {
    const line = `${request.method} ${request.url}`;
    const fault = faultFor(line);
    const special: Partial<Every> = fault === "fine" ? {} : fault;
    const chunks: Buffer[] = [];
    let size = 0;
    const limit = special.swallow ?? Number.POSITIVE_INFINITY;
    for await (const chunk of request) {
      chunks.push((chunk as Buffer).subarray(0, limit - size));
      size += (chunk as Buffer).length;
      if (size >= limit) break;
    }
    const body = Buffer.concat(chunks);
    if (/\/uploads\//.test(request.url ?? "")) received += body.length;
    await special.act?.();
    if (special.swallow !== undefined) {
      const id = /uploads\/([^?]+)/.exec(request.url ?? "")?.[1] ?? "";
      const there = sessions.get(id);
      if (there) there.bytes = Buffer.concat([there.bytes, body]);
      requests.push({ line: `${line} cut`, headers: request.headers });
      response.destroy();
      return;
    }
    const { status } = special;
    const answer: Answer = status === undefined ? route(request, body, direct) : { ...special, status };
    requests.push({ line: `${line} ${answer.status}`, headers: request.headers });
    if (special.stall) return;
    if (special.mute) {
      response.destroy();
      return;
    }
    const lie = special.digest === undefined ? {} : { "docker-content-digest": special.digest };
    const bytes = typeof answer.body === "string" ? Buffer.from(answer.body) : (answer.body ?? Buffer.alloc(0));
    response.writeHead(answer.status, { ...answer.headers, ...lie, "content-length": bytes.length });
    response.end(request.method === "HEAD" ? undefined : bytes);
  };

  const main = await listen((request, response) => handle(request, response, false));
  const second = await listen((request, response) => handle(request, response, true));
  return {
    host: main.url.replace("http://", ""),
    url: main.url,
    get log() {
      return requests.map(({ line }) => line);
    },
    requests,
    stored,
    halfTagged,
    surprises,
    get tags() {
      return Object.fromEntries(tags);
    },
    get received() {
      return received;
    },
    blob: (repository, digest) => repositories.get(repository)?.blobs.get(digest),
    manifest: (repository, digest) => repositories.get(repository)?.manifests.get(digest)?.bytes,
    lose(repository, digest) {
      repositories.get(repository)?.blobs.delete(digest);
      repositories.get(repository)?.manifests.delete(digest);
    },
    expire: () => sessions.clear(),
    fault: (pattern, ...queue) => void faults.push({ pattern, queue }),
    always: (pattern, fault) => void faults.push({ pattern, queue: [], always: fault }),
    async [Symbol.asyncDispose]() {
      await Promise.all([main.close(), second.close()]);
    },
  };
}
