// Checks Authorization headers against a password file as `htpasswd -B` writes it. bcrypt is slow on purpose: the verdict on a
// header is cached, one password is compared at a time, and the queue is limited.
import { createHmac, randomBytes } from "node:crypto";
import bcrypt from "bcryptjs";
import { KsoError } from "../core/errors.ts";
import { quotedName } from "../core/quote.ts";

/** A user of the file, `unknown` for a wrong name or password, or `busy` where the queue is full. */
export type Verdict = { readonly user: string } | "unknown" | "busy";

/** A longer header is `unknown`. Characters. */
const maxHeaderLength = 4096;
/** How many verdicts are cached. */
const maxVerdicts = 4096;
/** How many headers may wait for their comparison. */
const maxQueueLength = 64;

const bcryptHash = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Parses the text of a password file, returns bcrypt hashes by user; `where` names the file in messages.
 * @throws KsoError `usage` naming the line and its user where the hash is not bcrypt, and for a file without users.
 */
export function parsePasswords(text: string, where: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const at = line.indexOf(":");
    const [user, hash] = [line.slice(0, at), line.slice(at + 1).trim()];
    const fault = (reason: string): KsoError =>
      new KsoError("usage", `Cannot use ${where}: line ${index + 1}: ${reason}`);
    if (at < 1) throw fault("it is not USER:HASH");
    const cost = Number(bcryptHash.exec(hash)?.[1] ?? Number.NaN);
    if (!(cost >= 4 && cost <= 31))
      throw fault(`the password of ${quotedName(user)} is not hashed with bcrypt; write it anew with htpasswd -B`);
    if (users.has(user)) throw fault(`${quotedName(user)} is there twice`);
    users.set(user, hash);
  }
  if (users.size === 0) throw new KsoError("usage", `Cannot use ${where}: there is no user in it`);
  return users;
}

/** The users of a password file. */
export class Passwords {
  readonly #users: ReadonlyMap<string, string>;
  // Verdicts are cached by an HMAC of the header under a key of this process, so that the cache holds no passwords.
  readonly #key: Uint8Array = randomBytes(32);
  readonly #verdicts = new Map<string, Promise<Verdict>>();
  /** The end of the queue: one password is compared at a time. */
  #queue: Promise<unknown> = Promise.resolve();
  #queueLength = 0;

  /** `users`: bcrypt hashes by name. */
  constructor(users: ReadonlyMap<string, string>) {
    this.#users = users;
  }

  /** Checks the value of an Authorization header; null where the request has none. */
  async check(header: string | null): Promise<Verdict> {
    if (header === null || header.length > maxHeaderLength) return "unknown";
    const credentials = credentialsIn(header);
    if (!credentials) return "unknown";
    const id = createHmac("sha256", this.#key).update(header).digest("base64");
    const remembered = this.#verdicts.get(id);
    if (remembered) {
      // Moved to the end of the map: the least recently used entry is evicted first.
      this.#verdicts.delete(id);
      this.#verdicts.set(id, remembered);
      return await remembered;
    }
    if (this.#queueLength >= maxQueueLength) return "busy";
    const verdict = this.#enqueue(credentials);
    this.#verdicts.set(id, verdict);
    verdict.catch(() => this.#verdicts.delete(id));
    if (this.#verdicts.size > maxVerdicts) this.#verdicts.delete(this.#verdicts.keys().next().value as string);
    return await verdict;
  }

  #enqueue(credentials: Credentials): Promise<Verdict> {
    this.#queueLength++;
    const verdict = this.#queue
      .then(() => this.#compare(credentials))
      .finally(() => {
        this.#queueLength--;
      });
    this.#queue = verdict.catch(() => undefined);
    return verdict;
  }

  async #compare({ user, password }: Credentials): Promise<Verdict> {
    // An unknown user takes as much time as a known one, so that time does not tell which names exist.
    const [anyHash = ""] = this.#users.values();
    const isRight = await bcrypt.compare(password, this.#users.get(user) ?? anyHash);
    return isRight && this.#users.has(user) ? { user } : "unknown";
  }
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** RFC 7617: `Basic` and base64 of `user:password` in UTF-8; undefined for anything else. */
function credentialsIn(header: string): Credentials | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const text = new TextDecoder().decode(Uint8Array.from(decodeBase64(encoded), (character) => character.charCodeAt(0)));
  const at = text.indexOf(":");
  return at < 0 ? undefined : { user: text.slice(0, at), password: text.slice(at + 1) };
}

function decodeBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
