// How requests to a registry are authorized: Basic, or a Bearer token from the address that the challenge names. What one
// request learns of a host (its challenge, a login that works, one that does not) all others use.
import { KsoError } from "../core/errors.ts";
import type { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import { LoginTrials } from "../http/login-trials.ts";
import { basicAuthorization } from "../http/netrc.ts";
import type { HttpRequest } from "../http/request.ts";
import type { RequestTurn } from "../http/turn.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Credential, Credentials } from "./credentials.ts";
import { type RegistryActions, refusedCredential, requestToken, scopeFor, TokenCache } from "./token.ts";

/** How one request is authorized. */
export type Authorization = Required<Pick<HttpRequest, "authorize" | "onAnswer">>;

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

/**
 * Authorization for one registry. Challenges, tokens and refusals are shared between its requests: the first request finds out how
 * to log in, and the first with a login whether it is taken. Credentials are never sent to another origin, nor to a token
 * address without encryption when the registry has it.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #actions: RegistryActions;
  readonly #tokens = new TokenCache();
  readonly #logins = new LoginTrials();
  /** By repository and server. */
  readonly #credentials = new Map<string, Promise<Credential | undefined>>();
  /** The last challenge of each repository. */
  readonly #challenges = new Map<string, Challenge>();
  /** The last challenge of all, and its repository: other repositories are expected to have the same. */
  #latest: { readonly repository: string; readonly challenge: Challenge } | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#actions = options.actions ?? "pull";
  }

  /**
   * Authorizes one request to a repository: after a refusal it does not get the same token again.
   * @param kind Requests of one kind wait for the first one's answer: a host may let everybody read and nobody write.
   */
  forRequest(repository: string, kind = "read"): Authorization {
    const turn = this.#logins.turn();
    let sent: SentLogin | undefined;
    let answered: Challenge | undefined;
    return {
      authorize: async (url, header) => {
        // A host that the registry redirects to gets no credentials.
        if (url.origin !== this.#options.registryUrl.origin) return undefined;
        const challenge =
          header === undefined
            ? await this.#expected(repository, kind, turn)
            : this.#learnt(repository, chosenFrom(header), sent);
        if (header !== undefined) turn.leave();
        answered = challenge;
        if (!challenge) return undefined;
        const request = { repository, url, turn, refused: sent?.header };
        const isOwn = header !== undefined || this.#challenges.has(repository);
        sent = await (isOwn ? this.#answerTo(challenge, request) : this.#answerToExpected(challenge, request));
        return sent?.header;
      },
      onAnswer: (status) => {
        // What was only expected is known to be right once it has worked.
        if (sent && answered && status !== undefined && (status < 400 || status === 404))
          this.#challenges.set(repository, answered);
        if (sent && status !== undefined) this.#logins.answered(sent.header, status, sent.refusal);
        turn.leave();
      },
    };
  }

  /** The challenge that a request of the repository will get; undefined where the host is not known to have one. */
  async #expected(repository: string, kind: string, turn: RequestTurn): Promise<Challenge | undefined> {
    if (!this.#latest) await turn.enter(`challenge ${kind}`);
    return this.#challenges.get(repository) ?? (this.#latest && challengeFor(repository, this.#latest));
  }

  /** The challenge to answer, which is remembered. */
  #learnt(repository: string, challenge: Challenge | undefined, sent: SentLogin | undefined): Challenge | undefined {
    if (!challenge) return undefined;
    // Harbor answers so to a token that is too old or allows too little: another token is wanted, and no password.
    const isOfToken = challenge.scheme === "basic" && sent?.header.startsWith("Bearer ") === true;
    const own = this.#challenges.get(repository);
    if (isOfToken && own?.scheme === "bearer") return own;
    this.#challenges.set(repository, challenge);
    if (!isOfToken) this.#latest = { repository, challenge };
    return challenge;
  }

  async #answerTo(challenge: Challenge, request: ChallengedRequest): Promise<SentLogin | undefined> {
    try {
      const credential = await this.#credentialFor(challenge, request.repository);
      return challenge.scheme === "bearer"
        ? { header: await this.#bearer(challenge, credential, request) }
        : await this.#basic(credential, request);
    } catch (cause) {
      // What could not be answered once is expected of no other repository.
      if (this.#latest?.repository === request.repository) this.#latest = undefined;
      throw cause;
    }
  }

  /** Answers a challenge that is only expected. Where that fails, the host may still let the repository be read without. */
  async #answerToExpected(challenge: Challenge, request: ChallengedRequest): Promise<SentLogin | undefined> {
    return await this.#answerTo(challenge, request).catch((cause: unknown) => {
      if (!(cause instanceof KsoError) || (cause as Partial<HttpError>).status === 401) throw cause;
      return undefined;
    });
  }

  #credentialFor({ scheme, parameters }: Challenge, repository: string): Promise<Credential | undefined> {
    const { credentials, host, registryUrl } = this.#options;
    const realm = parameters.get("realm") ?? "";
    const server = scheme === "basic" ? registryUrl : URL.canParse(realm) ? new URL(realm) : undefined;
    const key = `${server?.hostname} ${repository}`;
    const credential = this.#credentials.get(key) ?? credentials.find(host, repository, server?.hostname);
    this.#credentials.set(key, credential);
    return credential;
  }

  async #bearer(
    challenge: Challenge,
    credential: Credential | undefined,
    { repository, refused, turn }: ChallengedRequest,
  ): Promise<string> {
    const { http, registryUrl, host } = this.#options;
    const scope = scopeFor(challenge, repository, this.#actions);
    const { parameters } = challenge;
    const tokenKey = JSON.stringify([parameters.get("realm"), parameters.get("service"), scope]);
    const request = () => requestToken(http, { registryUrl, host, challenge, scope, credential });
    const get = () => this.#tokens.get(tokenKey, request, refused);
    if (!credential) return await get();
    const header = await this.#withLogin(JSON.stringify(credential), turn, get);
    // Whoever gets a token by it has typed it right: a later 401 is about what the login may do.
    if (credential.kind === "basic") this.#logins.accept(basicAuthorization(credential));
    return header;
  }

  /** Requests a token with a login that is not known to be wrong. */
  async #withLogin(login: string, turn: RequestTurn, get: () => Promise<string>): Promise<string> {
    await this.#enter(login, turn);
    try {
      const header = await get();
      this.#logins.accept(login);
      return header;
    } catch (cause) {
      if ((cause as Partial<HttpError>).status === 401) this.#logins.refuse(login, cause as HttpError);
      throw cause;
    } finally {
      turn.leave();
    }
  }

  async #basic(
    credential: Credential | undefined,
    { url, turn, refused }: ChallengedRequest,
  ): Promise<SentLogin | undefined> {
    if (credential?.kind !== "basic") return undefined;
    const { host } = this.#options;
    const header = basicAuthorization(credential);
    const refusal = refusedCredential(
      { host, server: url.host, credential },
      { attempts: 1, url: `${url}`, status: 401 },
    );
    if (header === refused) {
      this.#logins.refuse(header, refusal);
      throw refusal;
    }
    await this.#enter(header, turn);
    return { header, refusal };
  }

  /** Waits until it is known whether a login is taken. @throws HttpError where it was refused. */
  async #enter(login: string, turn: RequestTurn): Promise<void> {
    const refusal = await this.#logins.enter(login, turn);
    if (refusal) throw refusal;
  }
}

/** Authorizers by registry, shared by all that reach one host with the same credentials, whatever client or prefix they use. */
export class Logins {
  readonly #options: Pick<AuthorizerOptions, "http" | "credentials">;
  readonly #authorizers = new Map<string, Authorizer>();

  constructor(options: Pick<AuthorizerOptions, "http" | "credentials">) {
    this.#options = options;
  }

  /** The authorizer of a registry. */
  to(registry: Omit<AuthorizerOptions, "http" | "credentials">): Authorizer {
    const { registryUrl, host, actions } = registry;
    const key = JSON.stringify([registryUrl.origin, host, actions]);
    const authorizer = this.#authorizers.get(key) ?? new Authorizer({ ...this.#options, ...registry });
    this.#authorizers.set(key, authorizer);
    return authorizer;
  }
}

/** What a request was authorized with. */
interface SentLogin {
  readonly header: string;
  /** What a refusal of it would mean; a refused token is requested anew. */
  readonly refusal?: HttpError;
}

interface ChallengedRequest {
  readonly repository: string;
  readonly url: URL;
  readonly turn: RequestTurn;
  /** The header that the registry refused. */
  readonly refused: string | undefined;
}

/** The challenge that is answered, of those in a header. */
function chosenFrom(header: string): Challenge | undefined {
  const challenges = parseChallenges(header);
  return (
    challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm")) ??
    challenges.find(({ scheme }) => scheme === "basic")
  );
}

/** The challenge that another repository of the host is expected to have; undefined where that cannot be told from one. */
function challengeFor(
  repository: string,
  known: { readonly repository: string; readonly challenge: Challenge },
): Challenge | undefined {
  const { scheme, parameters } = known.challenge;
  if (scheme === "basic") return known.challenge;
  const realm = `${parameters.get("realm")}/`.replace(/[?&=:]/g, "/");
  if (known.repository !== "" && realm.includes(`/${known.repository}/`)) return undefined;
  const scopes = (parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  const own = `repository:${known.repository}:`;
  if (scopes.some((scope) => scope.startsWith("repository:") && !scope.startsWith(own))) return undefined;
  const scope = scopes.map((each) =>
    each.startsWith(own) ? `repository:${repository}:${each.slice(own.length)}` : each,
  );
  return { scheme, parameters: new Map([...parameters, ["scope", scope.join(" ")]]) };
}
