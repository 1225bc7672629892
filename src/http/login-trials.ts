// Which logins a host takes and which it refuses. The first request with a login finds that out while others wait, and a login
// that was refused before it ever worked is not sent again: hosts lock users out who fail too often.
import type { HttpError } from "./error.ts";
import { FirstRequests, type RequestTurn } from "./turn.ts";

/** What is known of the logins of a client; each is named by a text that stands for it and its host. */
export class LoginTrials {
  readonly #first = new FirstRequests();
  readonly #accepted = new Set<string>();
  readonly #refused = new Map<string, HttpError>();

  /** The turn of one request; it has to end with {@link RequestTurn.leave}. */
  turn(): RequestTurn {
    return this.#first.turn();
  }

  /** Waits until it is known whether a login is taken. Returns how it was refused, undefined where it may be sent. */
  async enter(login: string, turn: RequestTurn): Promise<HttpError | undefined> {
    await turn.enter(`login ${login}`);
    return this.#refused.get(login);
  }

  accept(login: string): void {
    this.#accepted.add(login);
  }

  /** A login that has worked elsewhere on the host is refused for one path only. */
  refuse(login: string, cause: HttpError): void {
    if (!this.#accepted.has(login)) this.#refused.set(login, cause);
  }

  /** A request with the login was answered; 401 is a refusal of it where that would be one. */
  answered(login: string, status: number, refusal: HttpError | undefined): void {
    if (status === 401 && refusal) this.refuse(login, refusal);
    else if (status < 500 && status !== 401 && status !== 429) this.accept(login);
  }
}
