// A registry by the distribution API (https://github.com/opencontainers/distribution-spec).

import { canonicalHost, dockerHub, dockerHubRegistry } from "../core/docker-hub.ts";
import { KsoError } from "../core/errors.ts";
import { isLoopback } from "../core/loopback.ts";
import { isRepository } from "../core/reference.ts";
import { withoutEnds } from "../core/url.ts";
import { HttpError, withTlsAdvice } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import { Logins } from "./auth.ts";
import type { Credentials } from "./credentials.ts";
import { type RateLimit, readRateLimit } from "./rate-limit.ts";
import { openReader, type RepositoryAccess, type RepositoryReader } from "./repository-reader.ts";
import { openWriter, type RepositoryWriter } from "./repository-writer.ts";
import type { RegistryActions } from "./token.ts";

/** A registry whose repositories can be read and written. */
export interface Registry {
  /** A repository to read from. @throws KsoError `usage` when it is not a repository name. */
  reader(name: string): RepositoryReader;
  /** The same repository to write to. @throws KsoError `usage` when it is not a repository name. */
  writer(name: string): RepositoryWriter;
  /** Checks that a registry responds here. @throws HttpError when not, or when it does not let this user in. */
  ping(signal?: AbortSignal): Promise<void>;
  /** The limit in the last response that named one. */
  rateLimit(): RateLimit | undefined;
}

/** Where a registry is and how it is reached. */
export interface RegistryOptions {
  readonly http: Http;
  readonly credentials: Credentials;
  /**
   * `https://registry-1.docker.io`; with a path, as in `http://10.0.0.5:5000/registry.k8s.io`, the path goes in front of
   * repository names.
   */
  readonly base: string;
  /** What credentials are looked up for. */
  readonly host: string;
  /** Default: `pull`. */
  readonly actions?: RegistryActions;
  /** Shared by all that open a registry on one host: its challenge, tokens and refusals are found out once. */
  readonly logins?: Logins;
}

/** Opens a registry; nothing is sent yet. @throws KsoError `usage` when the base is not an address. */
export function openRegistry(options: RegistryOptions): Registry {
  const { http, credentials, base, host, actions = "pull", logins = new Logins({ http, credentials }) } = options;
  if (!URL.canParse(base) || !/^https?:\/\//.test(base))
    throw new KsoError("usage", `"${base}" is not the address of a registry; write https://HOST`);
  const registryUrl = new URL(base);
  const prefix = withoutEnds(registryUrl.pathname, "/");
  const authorizer = logins.to({ registryUrl, host, actions });
  const referrersApi = { supported: true };
  let rateLimit: RateLimit | undefined;
  let hasAnswered = false;
  const client: Http = {
    ...http,
    async send(request, accept) {
      const response = await http.send(request, accept).catch(async (cause) => {
        const advised = await withLoginAdvice(cause, request.url, options);
        throw advised instanceof HttpError && !hasAnswered ? withTlsAdvice(advised) : advised;
      });
      hasAnswered ||= response.status !== 400;
      rateLimit = readRateLimit(response.headers) ?? rateLimit;
      return response;
    },
  };
  const access = (name: string): RepositoryAccess => {
    if (!isRepository(name)) throw new KsoError("usage", `"${name}" is not the name of a repository`);
    const path = prefix === "" ? name : `${prefix}/${name}`;
    return {
      http: client,
      url: `${registryUrl.origin}/v2/${path}`,
      authorization: (kind) => authorizer.forRequest(path, kind),
      referrersApi,
    };
  };
  return {
    reader: (name) => openReader(access(name)),
    writer: (name) => openWriter(access(name)),
    async ping(signal) {
      const url = `${registryUrl.origin}/v2/`;
      const response = await client.send({ url, ...authorizer.forRequest("", "ping"), ...(signal && { signal }) });
      await response.cancel();
    },
    rateLimit: () => rateLimit,
  };
}

/** The URL of the registry behind a host of image names: Docker Hub has another host, this machine no TLS. */
export function registryBase(host: string): string {
  if (canonicalHost(host) === dockerHub) return dockerHubRegistry;
  return `${isLoopback(host) ? "http" : "https"}://${host}`;
}

/** The address of a registry that is named as a mirror: `https://docker.io` is Docker Hub itself, behind its mirrors. */
export function registryAt(base: string, host: string): string {
  return base === `https://${host}` ? registryBase(host) : base;
}

/** Adds to a 401 or 403 which credentials were sent: registries respond alike for what does not exist and what is private. */
async function withLoginAdvice(
  cause: unknown,
  url: string,
  { host, credentials, actions = "pull" }: RegistryOptions,
): Promise<unknown> {
  if (!(cause instanceof HttpError) || (cause.status !== 401 && cause.status !== 403)) return cause;
  if (cause.message.startsWith("Cannot log in")) return cause;
  const credential = await credentials.find(host, new URL(url).pathname.split("/").slice(2, -2).join("/"));
  return new HttpError(`${cause.message}; ${loginAdvice(credential?.source, host, actions)}`, cause, cause.cause);
}

function loginAdvice(source: string | undefined, host: string, actions: RegistryActions): string {
  if (source !== undefined) return `the credentials are those of ${source}`;
  const login = `credentials for ${host} (docker login, podman login)`;
  return actions === "pull" ? `there is no such image, or it needs ${login}` : `pushing needs ${login}`;
}
