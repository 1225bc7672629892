// Harbor in front of a registry: accounts, robots, projects and the rules of a project. Each answer is the one that Harbor 2.15.2
// itself gave to the same request (its core, built from source, before docker-registry 2.8).
//
//   await using harbor = await startHarbor({ registry: "http://127.0.0.1:5000", accounts: { "robot$k8s+push": robot("secret", "k8s") } });
//   … push to harbor.host …
//   expect(harbor.projects.get("k8s")).toEqual({ public: false });
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen } from "./registry.ts";

interface HarborAccount {
  readonly password: string;
  /** Of the system: may everything. */
  readonly admin?: true;
  /** May create projects. Default: people yes, robots no. */
  readonly creates?: boolean;
  /** What it may do in which projects; `*`: in every one. */
  readonly may: Readonly<Record<string, readonly string[]>>;
}

interface HarborProject {
  readonly public: boolean;
  /** Caches another registry. */
  readonly proxy?: true;
  /** Bytes. */
  readonly quota?: number;
  /** No tag may be set twice. */
  readonly immutable?: true;
}

export interface Harbor extends AsyncDisposable {
  readonly host: string;
  readonly url: string;
  readonly projects: Map<string, HarborProject>;
  readonly log: readonly string[];
  readonly requests: readonly { readonly line: string; readonly authorization: string | undefined }[];
  /** From so many manifests on, no token that there is counts any more. */
  forgetTokens(afterManifests: number): void;
  /** Projects that cannot be created: the server fails. */
  readonly refuse: Set<string>;
  /** Nobody may change anything. */
  readOnly: boolean;
}

interface HarborOptions {
  /** The registry behind it: `http://127.0.0.1:5000`. */
  readonly registry: string;
  readonly accounts: Readonly<Record<string, HarborAccount>>;
  readonly projects?: Readonly<Record<string, HarborProject>>;
  /** Only administrators, and robots of the system that may, create projects. */
  readonly adminOnly?: true;
}

/** A robot of one project that may push and pull, as the form for robots proposes it. */
export function robot(password: string, project: string, actions: readonly string[] = ["pull", "push"]): HarborAccount {
  return { password, may: { [project]: actions } };
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

const failure = (status: number, code: string, message: string, headers = {}): Answer => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
  body: `${JSON.stringify({ errors: [{ code, message }] })}\n`,
});
const accept = [
  "oci.image.manifest.v1",
  "oci.image.index.v1",
  "docker.distribution.manifest.v2",
  "docker.distribution.manifest.list.v2",
]
  .map((kind) => `application/vnd.${kind}+json`)
  .join(", ");
const unauthorized = failure(401, "UNAUTHORIZED", "unauthorized");
const sizeText = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

export async function startHarbor(options: HarborOptions): Promise<Harbor> {
  const projects = new Map(Object.entries(options.projects ?? {}));
  const tokens = new Map<string, { account: string; granted: readonly string[] }>();
  const used = new Map<string, number>();
  const requests: { line: string; authorization: string | undefined }[] = [];
  const refuse = new Set<string>();
  const state = { readOnly: false };
  let next = 0;
  let manifestsLeft = Number.POSITIVE_INFINITY;

  const isRobot = (name: string): boolean => name.startsWith("robot$");
  const may = (name: string | undefined, project: string, action: string): boolean => {
    const there = projects.get(project);
    if (!there) return false;
    if (there.public && action === "pull") return true;
    const account = name === undefined ? undefined : options.accounts[name];
    return account?.admin === true || [project, "*"].some((key) => account?.may[key]?.includes(action));
  };
  const loginOf = ({ headers }: IncomingMessage): string | undefined => {
    const [, encoded = ""] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
    const [, name = "", password] = /^([^:]*):(.*)$/.exec(Buffer.from(encoded, "base64").toString()) ?? [];
    return options.accounts[name]?.password === password && password !== undefined ? name : undefined;
  };

  const token = (request: IncomingMessage, url: URL): Answer => {
    const account = loginOf(request);
    if (request.headers.authorization !== undefined && account === undefined) return unauthorized;
    const granted = url.searchParams.getAll("scope").flatMap((scope) => {
      const [, repository = "", actions = ""] = scope.split(":");
      const project = repository.split("/")[0] as string;
      return actions.split(",").flatMap((one) => (may(account, project, one) ? [`${project} ${one}`] : []));
    });
    const value = `token-${++next}`;
    tokens.set(value, { account: account ?? "", granted });
    return { status: 200, body: JSON.stringify({ token: value, expires_in: 1800 }) };
  };

  const createProject = (request: IncomingMessage, body: Buffer): Answer => {
    const name = loginOf(request);
    const account = options.accounts[name ?? ""];
    if (name === undefined || !account) return unauthorized;
    const creates = account.creates ?? !isRobot(name);
    if (isRobot(name) && !creates) return failure(403, "FORBIDDEN", "Only system level robot can create project");
    if (options.adminOnly && !account.admin && !isRobot(name))
      return failure(403, "FORBIDDEN", "Only system admin can create project");
    const { project_name: project, metadata } = JSON.parse(body.toString());
    if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(project))
      return failure(400, "BAD_REQUEST", "project name is not in lower case or contains illegal characters");
    if (refuse.has(project)) return failure(403, "FORBIDDEN", "not this one");
    if (projects.has(project)) return failure(409, "CONFLICT", `The project named ${project} already exists`);
    projects.set(project, { public: metadata?.public === "true" });
    return { status: 201, headers: { location: `/api/v2.0/projects/${++next}` } };
  };

  const api = (request: IncomingMessage, url: URL, body: Buffer): Answer => {
    const { method } = request;
    if (url.pathname === "/api/v2.0/ping" && method === "GET") return { status: 200, body: "Pong" };
    if (url.pathname !== "/api/v2.0/projects") return failure(404, "NOT_FOUND", "not found");
    if (method === "POST") return createProject(request, body);
    if (method !== "HEAD") return failure(405, "METHOD_NOT_ALLOWED", "method not allowed");
    if (loginOf(request) === undefined) return unauthorized;
    return { status: projects.has(url.searchParams.get("project_name") ?? "") ? 200 : 404 };
  };

  /** Why a request for a repository is refused before the registry sees it. */
  const refusal = (request: IncomingMessage, url: URL, repository: string): Answer | undefined => {
    const { method = "", headers } = request;
    if (method === "PUT" && url.pathname.includes("/manifests/") && --manifestsLeft === 0) tokens.clear();
    if (!repository.includes("/"))
      return failure(400, "BAD_REQUEST", `bad request: invalid repository name: ${repository}`);
    const action = { GET: "pull", HEAD: "pull", DELETE: "delete" }[method] ?? "push";
    const from = url.searchParams.get("from");
    const wanted = [`${repository} ${action}`, ...(from === null ? [] : [`${from} pull`])];
    const bearer = tokens.get((headers.authorization ?? "").replace("Bearer ", ""));
    const account = loginOf(request);
    const isGranted = (one: string): boolean => {
      const [name = "", wantedAction = ""] = one.split(" ");
      const project = name.split("/")[0] as string;
      // A token counts for all of its project.
      return bearer?.granted.includes(`${project} ${wantedAction}`) || may(account, project, wantedAction);
    };
    const lacking = wanted.filter((one) => !isGranted(one));
    if (lacking.length === 0) return undefined;
    const scope = wanted.map((one) => `repository:${one.replace(" ", ":")}`).join(" ");
    // Whoever sent any credentials is told to send a password; only who sent none is sent for a token.
    const challenge =
      headers.authorization === undefined
        ? `Bearer realm="${main.url}/service/token",service="harbor-registry",scope="${scope}"`
        : 'Basic realm="harbor"';
    const text = `unauthorized to access repository: ${repository}, action: ${action}`;
    return failure(401, "UNAUTHORIZED", `${text}: ${text}`, { "www-authenticate": challenge });
  };

  const quotaOf = (project: string, size: number): Answer | undefined => {
    const limit = projects.get(project)?.quota;
    const before = used.get(project) ?? 0;
    if (limit !== undefined && before + size > limit)
      return failure(
        403,
        "DENIED",
        `adding ${sizeText(size)} of storage resource, which when updated to current usage of ${sizeText(before)} will exceed the configured upper limit of ${sizeText(limit)}.`,
      );
    used.set(project, before + size);
    return undefined;
  };

  /** Which rule of the project's stands in the way. */
  const rule = async (request: IncomingMessage, url: URL, body: Buffer): Promise<Answer | undefined> => {
    const { method = "" } = request;
    const [, repository = "", reference = ""] =
      /^\/v2\/(.+)\/(?:manifests|blobs\/uploads)\/([^/]*)$/.exec(url.pathname) ?? [];
    const [project = "", ...rest] = repository.split("/");
    if (["GET", "HEAD"].includes(method)) return undefined;
    if (state.readOnly)
      return failure(403, "DENIED", "The system is in read only mode. Any modification is prohibited.");
    if (projects.get(project)?.proxy)
      return failure(403, "DENIED", `denied: can not push artifact to a proxy project: ${project}`);
    if (method !== "PUT") return undefined;
    if (projects.get(project)?.immutable && url.pathname.includes("/manifests/") && !reference.includes(":")) {
      const { status } = await fetch(`${options.registry}${url.pathname}`, { method: "HEAD", headers: { accept } });
      const text = `Failed to process request due to '${rest.join("/")}:${reference}' configured as immutable.`;
      if (status === 200) return failure(412, "PRECONDITION", text);
    }
    return quotaOf(project, body.length);
  };

  /** The registry's own answer; it makes its addresses of the Host that it is asked by. */
  const forwarded = async (request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const { method = "", headers, url = "" } = request;
    const passed = ["content-type", "content-range", "accept", "range"].flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value] as [string, string]] : [];
    });
    const answer = await fetch(`${options.registry}${url}`, {
      method,
      headers: [...passed, ["accept-encoding", "identity"]],
      redirect: "manual",
      ...(!["GET", "HEAD"].includes(method) && { body }),
    });
    const kept = Object.fromEntries(
      [...answer.headers].filter(([name]) => !/^(?:connection|date|content-length)$/.test(name)),
    );
    const location = answer.headers.get("location");
    const length = answer.headers.get("content-length");
    return {
      status: answer.status,
      headers: {
        ...kept,
        ...(location !== null && { location: location.replace(options.registry, main.url) }),
        ...(method === "HEAD" && length !== null && { "content-length": length }),
      },
      body: new Uint8Array(await answer.arrayBuffer()),
    };
  };

  const route = async (request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const url = new URL(request.url ?? "/", main.url);
    if (url.pathname === "/service/token") return token(request, url);
    if (url.pathname.startsWith("/api/")) return api(request, url, body);
    if (url.pathname === "/v2/") {
      const bearer = tokens.get((request.headers.authorization ?? "").replace("Bearer ", ""));
      if (bearer?.account || loginOf(request) !== undefined) return { status: 200, body: "{}" };
      const challenge = `Bearer realm="${main.url}/service/token",service="harbor-registry"`;
      return failure(401, "UNAUTHORIZED", "unauthorized: unauthorized", { "www-authenticate": challenge });
    }
    const [, repository = ""] = /^\/v2\/(.+)\/(?:manifests|blobs|referrers)\//.exec(url.pathname) ?? [];
    return refusal(request, url, repository) ?? (await rule(request, url, body)) ?? (await forwarded(request, body));
  };

  const main = await listen(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await route(request, Buffer.concat(chunks));
    const { authorization } = request.headers;
    requests.push({ line: `${request.method} ${request.url} ${answer.status}`, authorization });
    const bytes = typeof answer.body === "string" ? Buffer.from(answer.body) : (answer.body ?? new Uint8Array());
    response.writeHead(answer.status, { "content-length": bytes.length, ...answer.headers });
    response.end(request.method === "HEAD" ? undefined : bytes);
  });

  return {
    host: main.url.replace("http://", ""),
    url: main.url,
    projects,
    get log() {
      return requests.map(({ line }) => line);
    },
    requests,
    refuse,
    forgetTokens: (afterManifests) => {
      manifestsLeft = afterManifests;
    },
    get readOnly() {
      return state.readOnly;
    },
    set readOnly(value) {
      state.readOnly = value;
    },
    [Symbol.asyncDispose]: () => main.close(),
  };
}
