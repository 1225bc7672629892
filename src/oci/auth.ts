// How a request to a registry proves who asks. In travels a challenge, out travels an Authorization header: Basic, or a
// Bearer token bought at the address that the challenge names, kept until it ends.
import { Buffer } from "node:buffer";
import * as v from "valibot";
import { KsoError } from "../core/errors.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/request.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Credential, Credentials } from "./credentials.ts";

type Authorize = NonNullable<HttpRequest["authorize"]>;

interface Token {
  readonly header: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const tokenAnswer = v.object({
  token: v.optional(v.string()),
  access_token: v.optional(v.string()),
  expires_in: v.optional(v.number()),
});

/** What the specification says where a token endpoint does not. Seconds. */
const defaultLife = 60;
/** A token is not used in its last moments: the request has to arrive first. Milliseconds. */
const margin = 5_000;
const answerLimit = 1 << 20;

/**
 * Authorization for the registry at `origin`, with what is known for `host`. The result makes one function per request,
 * so that a request which was refused with a token is not given the same one again.
 * Tokens are shared: requests that wait for the same one make one call. Credentials never leave for another origin, nor
 * for a token address without encryption when the registry has it.
 */
export function createAuthorizer(
  http: Http,
  credentials: Credentials,
  origin: URL,
  host: string,
  /** What every token is to allow, whatever a request needs: `pull,push` saves a token for each kind of request. */
  actions = "pull",
): (repository: string) => Authorize {
  const tokens = new Map<string, Promise<Token>>();
  // What worked for a repository last: a key of `tokens`, or a Basic header.
  const known = new Map<string, { token: string } | { basic: string }>();

  const remembered = async (repository: string): Promise<string | undefined> => {
    const what = known.get(repository);
    if (!what || "basic" in what) return what?.basic;
    const token = await tokens.get(what.token)?.catch(() => undefined);
    return token && token.until > Date.now() ? token.header : undefined;
  };

  const bearer = async (challenge: Challenge, repository: string, refused?: string): Promise<string> => {
    const scope = scopeOf(challenge, repository, actions);
    const key = JSON.stringify([challenge.parameters.get("realm"), challenge.parameters.get("service"), scope]);
    for (;;) {
      const there = tokens.get(key);
      // Whoever waits for the same token shares its failure too.
      const token = await there;
      if (token && token.header !== refused && token.until > Date.now()) {
        known.set(repository, { token: key });
        return token.header;
      }
      // Somebody else may have begun while this one waited.
      if (tokens.get(key) !== there) continue;
      const bought = buyToken(http, challenge, scope, host, origin, () => credentials.find(host, repository));
      tokens.set(key, bought);
      const { header } = await bought.catch((cause) => {
        if (tokens.get(key) === bought) tokens.delete(key);
        throw cause;
      });
      known.set(repository, { token: key });
      return header;
    }
  };

  return (repository) => {
    let given: string | undefined;
    return async (url, header) => {
      // What the registry redirects to is none of its business.
      if (url.origin !== origin.origin) return undefined;
      if (header === undefined) {
        given = await remembered(repository);
        return given;
      }
      const challenges = parseChallenges(header);
      const wanted = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
      if (wanted) {
        given = await bearer(wanted, repository, given);
        return given;
      }
      if (!challenges.some(({ scheme }) => scheme === "basic")) return undefined;
      const credential = await credentials.find(host, repository);
      if (credential?.kind !== "basic") return undefined;
      const basic = basicHeader(credential);
      if (basic === given) throw refusal(host, url.host, credential, { attempts: 1, url: `${url}`, status: 401 });
      known.set(repository, { basic });
      given = basic;
      return basic;
    };
  };
}

/** What the challenge asks for; `actions` on the repository are asked for in any case. */
function scopeOf(challenge: Challenge, repository: string, actions: string): string {
  const own = `repository:${repository}:`;
  const scopes = (challenge.parameters.get("scope") ?? "").split(" ").filter((each) => each !== "");
  if (repository === "" || (scopes.length > 0 && actions === "pull")) return scopes.join(" ");
  return [own + actions, ...scopes.filter((each) => !each.startsWith(own))].join(" ");
}

async function buyToken(
  http: Http,
  challenge: Challenge,
  scope: string,
  host: string,
  origin: URL,
  find: () => Promise<Credential | undefined>,
): Promise<Token> {
  const realm = realmOf(challenge, host, origin);
  const credential = await find();
  const service = challenge.parameters.get("service");
  const scopes = scope.split(" ").filter((each) => each !== "");
  try {
    const asked =
      credential?.kind === "identity"
        ? refresh(realm, credential.token, service, scopes)
        : simple(realm, credential, service, scopes);
    const answer = await http.send(asked);
    return tokenOf(await answer.bytes(answerLimit), host, realm);
  } catch (cause) {
    if (credential && cause instanceof HttpError && (cause.status === 401 || cause.status === 403)) {
      throw refusal(host, realm.host, credential, cause);
    }
    throw cause;
  }
}

function realmOf(challenge: Challenge, host: string, origin: URL): URL {
  const text = challenge.parameters.get("realm") ?? "";
  const refuse = (why: string): KsoError =>
    new KsoError("fetch", `Cannot log in to ${host}: it sends for tokens to "${text.slice(0, 200)}", ${why}`);
  if (!URL.canParse(text)) throw refuse("which is not an address");
  const realm = new URL(text);
  if (realm.protocol !== "https:" && realm.protocol !== "http:") throw refuse("which is not an address on the web");
  if (realm.username !== "" || realm.password !== "") throw refuse("which has credentials in it");
  if (realm.protocol === "http:" && origin.protocol === "https:") throw refuse("which is not encrypted");
  return realm;
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
function simple(
  realm: URL,
  credential: Credential | undefined,
  service: string | undefined,
  scopes: string[],
): HttpRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.append("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credential?.kind !== "basic") return { url: `${url}` };
  url.searchParams.append("account", credential.username);
  const header = basicHeader(credential);
  return { url: `${url}`, authorize: async (to, refused) => (own(to, realm) && !refused ? header : undefined) };
}

/** https://distribution.github.io/distribution/spec/auth/oauth/ */
function refresh(realm: URL, token: string, service: string | undefined, scopes: string[]): HttpRequest {
  const form = { grant_type: "refresh_token", refresh_token: token, client_id: "kso", scope: scopes.join(" ") };
  const body = new URLSearchParams({ ...form, ...(service !== undefined && { service }) });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { url: `${realm}`, method: "POST", headers, body: `${body}` };
}

function own(to: URL, realm: URL): boolean {
  return to.origin === realm.origin;
}

function basicHeader({ username, password }: Credential & { kind: "basic" }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function tokenOf(bytes: Uint8Array, host: string, realm: URL): Token {
  const wrong = (why: string, cause?: unknown): KsoError =>
    new KsoError("fetch", `Cannot log in to ${host}: ${realm.host} answers ${why}`, cause);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Without the cause: its message may quote the answer.
    throw wrong("with something that is not JSON");
  }
  const answer = v.safeParse(tokenAnswer, json);
  const token = answer.success ? (answer.output.token ?? answer.output.access_token) : undefined;
  if (!answer.success || token === undefined) throw wrong("without a token");
  if (!/^[\x21-\x7e]+$/.test(token)) throw wrong("with a token that cannot be in a header");
  const life = answer.output.expires_in ?? 0;
  return { header: `Bearer ${token}`, until: Date.now() + (life > 0 ? life : defaultLife) * 1000 - margin };
}

function refusal(
  host: string,
  by: string,
  { source }: Credential,
  about: { status?: number | undefined; attempts: number; url: string },
): HttpError {
  const message = `Cannot log in to ${host}: ${by} refuses the credentials of ${source}; log in again, or out`;
  return new HttpError(message, { status: about.status ?? 401, attempts: about.attempts, url: about.url });
}
