// How requests to a registry are authorized: Basic, or a Bearer token from the address that the challenge names.
import type { Http } from "../http/http.ts";
import { basicAuthorization } from "../http/netrc.ts";
import type { HttpRequest } from "../http/request.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { refusedCredential, requestToken, TokenCache } from "./token.ts";

/** Returns the Authorization header of a request. */
export type Authorize = NonNullable<HttpRequest["authorize"]>;

/** Whether a registry is read only or also written to. */
export type RegistryActions = "pull" | "pull,push";

/** A registry, and how to log in to it. */
export interface AuthorizerOptions {
  readonly http: Http;
  readonly credentials: Credentials;
  /** The registry's own address; credentials are sent to its origin only. */
  readonly registryUrl: URL;
  /** What credentials are looked up for. */
  readonly host: string;
  /** What every token is to allow, whatever a request needs: `pull,push` saves a token for each kind of request. */
  readonly actions?: RegistryActions;
}

/** What a repository was authorized with last. */
type Authorization = { readonly tokenKey: string } | { readonly basic: string };

/**
 * Authorization for one registry. Tokens are shared between its requests. Credentials are never sent to another origin, nor
 * to a token address without encryption when the registry has it.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #actions: RegistryActions;
  readonly #tokens = new TokenCache();
  readonly #lastUsed = new Map<string, Authorization>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#actions = options.actions ?? "pull";
  }

  /**
   * Makes a function for one request to a repository: after a refusal it does not return the same token again.
   */
  forRequest(repository: string): Authorize {
    let previous: string | undefined;
    return async (url, header) => {
      // A host that the registry redirects to gets no credentials.
      if (url.origin !== this.#options.registryUrl.origin) return undefined;
      if (header === undefined) previous = await this.#lastAuthorization(repository);
      else previous = await this.#authorizationFor(parseChallenges(header), { repository, url, refused: previous });
      return previous;
    };
  }

  async #lastAuthorization(repository: string): Promise<string | undefined> {
    const authorization = this.#lastUsed.get(repository);
    if (!authorization || "basic" in authorization) return authorization?.basic;
    return await this.#tokens.find(authorization.tokenKey);
  }

  async #authorizationFor(challenges: readonly Challenge[], request: ChallengedRequest): Promise<string | undefined> {
    const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
    if (bearer) return await this.#bearer(bearer, request);
    return challenges.some(({ scheme }) => scheme === "basic") ? await this.#basic(request) : undefined;
  }

  async #bearer(challenge: Challenge, { repository, refused }: ChallengedRequest): Promise<string> {
    const { http, credentials, registryUrl, host } = this.#options;
    const scope = scopeOf(challenge, repository, this.#actions);
    const { parameters } = challenge;
    const tokenKey = JSON.stringify([parameters.get("realm"), parameters.get("service"), scope]);
    const findCredential = () => credentials.find(host, repository);
    const request = () => requestToken(http, { registryUrl, host, challenge, scope, findCredential });
    const header = await this.#tokens.get(tokenKey, request, refused);
    this.#lastUsed.set(repository, { tokenKey });
    return header;
  }

  async #basic({ repository, url, refused }: ChallengedRequest): Promise<string | undefined> {
    const { credentials, host } = this.#options;
    const credential = await credentials.find(host, repository);
    if (credential?.kind !== "basic") return undefined;
    const basic = basicAuthorization(credential);
    if (basic === refused)
      throw refusedCredential({ host, server: url.host, credential }, { attempts: 1, url: `${url}`, status: 401 });
    this.#lastUsed.set(repository, { basic });
    return basic;
  }
}

interface ChallengedRequest {
  readonly repository: string;
  readonly url: URL;
  /** The header that the registry refused. */
  readonly refused: string | undefined;
}

/** The scope that the challenge names, with `actions` on the repository in any case. */
function scopeOf(challenge: Challenge, repository: string, actions: RegistryActions): string {
  const prefix = `repository:${repository}:`;
  const scopes = (challenge.parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  if (repository === "" || (scopes.length > 0 && actions === "pull")) return scopes.join(" ");
  return [prefix + actions, ...scopes.filter((scope) => !scope.startsWith(prefix))].join(" ");
}
