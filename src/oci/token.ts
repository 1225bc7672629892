// Bearer tokens: requested at the address that a challenge names, cached until they expire.
import * as v from "valibot";
import { KsoError } from "../core/errors.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import { basicAuthorization } from "../http/netrc.ts";
import { anonymously, type HttpRequest } from "../http/request.ts";
import type { Challenge } from "./challenge.ts";
import type { Credential } from "./credentials.ts";

/** Whether a registry is read only or also written to. */
export type RegistryActions = "pull" | "pull,push";

/** A token, as it is sent. */
export interface BearerToken {
  /** The Authorization header. */
  readonly header: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The challenge that a token is requested for. */
export interface TokenRequest {
  /** The registry's own address. */
  readonly registryUrl: URL;
  /** The registry's host, for messages. */
  readonly host: string;
  readonly challenge: Challenge;
  /** Separated by spaces. */
  readonly scope: string;
  /** The user's login, where there is one. */
  readonly credential: Credential | undefined;
}

const responseSchema = v.object({
  token: v.optional(v.string()),
  access_token: v.optional(v.string()),
  expires_in: v.optional(v.number()),
});

/** The specification's, where the response names none. Seconds. */
const defaultLifetime = 60;
/** A token is not used so shortly before it expires: the request has to arrive in time. Milliseconds. */
const expiryMargin = 5_000;
const responseLimit = 1 << 20;

/** Tokens by realm, service and scope. Requests that wait for the same token share one call. */
export class TokenCache {
  readonly #tokens = new Map<string, Promise<BearerToken>>();

  /** The header of a token that has not expired and is not `refused`; requests one where there is none. */
  async get(key: string, request: () => Promise<BearerToken>, refused: string | undefined): Promise<string> {
    for (;;) {
      const cached = this.#tokens.get(key);
      // A failure is shared by all requests that wait for the token.
      const token = await cached;
      if (token && token.header !== refused && isValid(token)) return token.header;
      // Another request may have replaced it in the meantime.
      if (this.#tokens.get(key) !== cached) continue;
      return await this.#request(key, request);
    }
  }

  async #request(key: string, request: () => Promise<BearerToken>): Promise<string> {
    const token = request();
    this.#tokens.set(key, token);
    try {
      return (await token).header;
    } catch (cause) {
      if (this.#tokens.get(key) === token) this.#tokens.delete(key);
      throw cause;
    }
  }
}

/** The scope that the challenge names, with `actions` on the repository in any case. */
export function scopeFor(challenge: Challenge, repository: string, actions: RegistryActions): string {
  const prefix = `repository:${repository}:`;
  const scopes = (challenge.parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  if (repository === "" || (scopes.length > 0 && actions === "pull")) return scopes.join(" ");
  return [prefix + actions, ...scopes.filter((scope) => !scope.startsWith(prefix))].join(" ");
}

function isValid({ expires }: BearerToken): boolean {
  return expires > Date.now();
}

/**
 * Requests a token, with the user's credential where there is one.
 * @throws HttpError naming the credential's file where it is refused; KsoError `fetch` where the registry misleads.
 */
export async function requestToken(http: Http, tokenRequest: TokenRequest): Promise<BearerToken> {
  const { host, challenge, scope, credential } = tokenRequest;
  const realm = realmOf(tokenRequest);
  const service = challenge.parameters.get("service");
  const scopes = scope.split(" ").filter((item) => item !== "");
  const request =
    credential?.kind === "identity"
      ? refreshRequest(realm, credential.token, service, scopes)
      : queryRequest(realm, credential, service, scopes);
  try {
    const response = await http.send(request);
    return parseToken(await response.bytes(responseLimit), host, realm);
  } catch (cause) {
    if (credential && cause instanceof HttpError && (cause.status === 401 || cause.status === 403))
      throw refusedCredential({ host, server: realm.host, credential }, cause);
    throw cause;
  }
}

/** The error where a server refuses a credential; it names the file that the credential came from. */
export function refusedCredential(
  { host, server, credential }: { readonly host: string; readonly server: string; readonly credential: Credential },
  { status = 401, attempts, url }: Pick<HttpError, "status" | "attempts" | "url">,
): HttpError {
  const message = `Cannot log in to ${host}: ${server} refuses the credentials of ${credential.source}; log in again, or out`;
  return new HttpError(message, { status, attempts, url });
}

function realmOf({ challenge, host, registryUrl }: TokenRequest): URL {
  const text = challenge.parameters.get("realm") ?? "";
  const refuse = (reason: string): KsoError =>
    new KsoError("fetch", `Cannot log in to ${host}: it sends for tokens to "${text.slice(0, 200)}", ${reason}`);
  if (!URL.canParse(text)) throw refuse("which is not an address");
  const realm = new URL(text);
  if (realm.protocol !== "https:" && realm.protocol !== "http:") throw refuse("which is not an address on the web");
  if (realm.username !== "" || realm.password !== "") throw refuse("which has credentials in it");
  if (realm.protocol === "http:" && registryUrl.protocol === "https:") throw refuse("which is not encrypted");
  return realm;
}

/** A request by GET, anonymous or with Basic: https://distribution.github.io/distribution/spec/auth/token/ */
function queryRequest(
  realm: URL,
  credential: Credential | undefined,
  service: string | undefined,
  scopes: readonly string[],
): HttpRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.append("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credential?.kind !== "basic") return { url: `${url}`, authorize: anonymously };
  url.searchParams.append("account", credential.username);
  const header = basicAuthorization(credential);
  return {
    url: `${url}`,
    authorize: async (to, challenge) => (to.origin === realm.origin && !challenge ? header : undefined),
  };
}

/** A request by POST, with an identity token: https://distribution.github.io/distribution/spec/auth/oauth/ */
function refreshRequest(
  realm: URL,
  token: string,
  service: string | undefined,
  scopes: readonly string[],
): HttpRequest {
  const form = { grant_type: "refresh_token", refresh_token: token, client_id: "kso", scope: scopes.join(" ") };
  const body = new URLSearchParams({ ...form, ...(service !== undefined && { service }) });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { url: `${realm}`, method: "POST", headers, body: `${body}`, authorize: anonymously };
}

function parseToken(bytes: Uint8Array, host: string, realm: URL): BearerToken {
  const refuse = (reason: string): KsoError =>
    new KsoError("fetch", `Cannot log in to ${host}: ${realm.host} answers ${reason}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Without the cause: its message may quote the response.
    throw refuse("with something that is not JSON");
  }
  const response = v.safeParse(responseSchema, json);
  const token = response.success ? (response.output.token ?? response.output.access_token) : undefined;
  if (!response.success || token === undefined) throw refuse("without a token");
  if (!/^[\x21-\x7e]+$/.test(token)) throw refuse("with a token that cannot be in a header");
  const seconds = response.output.expires_in ?? 0;
  const lifetime = (seconds > 0 ? seconds : defaultLifetime) * 1000;
  return { header: `Bearer ${token}`, expires: Date.now() + lifetime - expiryMargin };
}
