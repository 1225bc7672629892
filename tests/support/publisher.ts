// A stand-in for those who publish releases: GitHub's API and its downloads, Kubernetes' own server, and any other host, all
// of them below one address by the host's name, with validators, rate limits and whatever else a test makes of them.
import { createHash } from "node:crypto";

/** One release as GitHub's API lists it. Assets: name → digest; null: GitHub has none. */
export interface Released {
  readonly tag: string;
  readonly assets?: Readonly<Record<string, string | null>>;
  readonly draft?: boolean;
  readonly prerelease?: boolean;
}

export interface Publisher extends Disposable {
  readonly url: string;
  /** `dl.k8s.io/release/stable-1.35.txt` → its text. */
  readonly files: Map<string, string>;
  /** Lists a repository's releases. */
  releases(repository: string, released: readonly Released[]): void;
  /** Lists a repository's tags. */
  tags(repository: string, names: readonly string[]): void;
  /** Answers before anything else does; undefined: as usual. */
  intercept: ((path: string, request: Request) => Response | undefined) | undefined;
  /** `GET dl.k8s.io/… 200` since the last call. */
  requests(): string[];
  /** Flags that lead the hosts here. */
  mirrors(...hosts: string[]): string[];
}

/** A digest as upstream would publish it: of a text that stands for the file. */
export function hexOf(text: string, algorithm: "sha256" | "sha512" = "sha256"): string {
  return createHash(algorithm).update(text).digest("hex");
}

export function startPublisher(): Publisher {
  const files = new Map<string, string>();
  let log: string[] = [];
  const publisher = {
    files,
    intercept: undefined as Publisher["intercept"],
  };
  const answer = (path: string, request: Request): Response => {
    const own = publisher.intercept?.(path, request);
    if (own) return own;
    const body = files.get(path);
    if (body === undefined) return new Response("Not Found", { status: 404 });
    const etag = `"${hexOf(body).slice(0, 16)}"`;
    const headers = { etag, "x-ratelimit-remaining": "59", "content-type": "text/plain" };
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
    return new Response(body, { headers });
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      const path = decodeURIComponent(pathname).slice(1) + search;
      const response = answer(path, request);
      log.push(`${request.method} ${path} ${response.status}`);
      return response;
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return Object.assign(publisher, {
    url,
    releases(repository: string, released: readonly Released[]) {
      const list = released.map(({ tag, assets = {}, draft = false, prerelease = false }) => ({
        tag_name: tag,
        name: tag,
        draft,
        prerelease,
        body: "notes",
        assets: Object.entries(assets).map(([name, digest]) => ({ name, digest, state: "uploaded" })),
      }));
      files.set(`api.github.com/repos/${repository}/releases?per_page=30`, JSON.stringify(list));
    },
    tags(repository: string, names: readonly string[]) {
      files.set(
        `api.github.com/repos/${repository}/tags?per_page=100`,
        JSON.stringify(names.map((name) => ({ name }))),
      );
    },
    requests() {
      const seen = log;
      log = [];
      return seen;
    },
    mirrors: (...hosts: string[]) => hosts.flatMap((host) => ["--mirror", `${host}=${url}/${host}`]),
    [Symbol.dispose]: () => void server.stop(true),
  });
}

/** Publishes Kubernetes releases: the newest patch of a line, and digests of its three programs. */
export function publishKubernetes({ files }: Publisher, newest: string, versions: readonly string[]): void {
  files.set(`dl.k8s.io/release/stable-${newest.split(".").slice(0, 2).join(".")}.txt`, `v${newest}`);
  for (const version of versions)
    for (const arch of ["amd64", "arm64"])
      for (const name of ["kubelet", "kubectl", "kubeadm"])
        files.set(
          `dl.k8s.io/release/v${version}/bin/linux/${arch}/${name}.sha256`,
          hexOf(`${name} ${version} ${arch}`),
        );
}
