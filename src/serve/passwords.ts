// A password file as `htpasswd -B` writes it travels in, a yes or no to an Authorization header travels out. bcrypt is slow on
// purpose: what a header was found to be is remembered, one password is looked at at a time, and only so many wait.
import { createHmac, randomBytes } from "node:crypto";
import bcrypt from "bcryptjs";
import { quoted } from "../bundle/name.ts";
import { KsoError } from "../core/errors.ts";

/** Who asks: a user of the file, nobody that it knows, or too many at one time to say. */
export type Verdict = { readonly user: string } | "unknown" | "busy";

export interface Passwords {
  /** Who the value of an Authorization header is; null where there was none. */
  check(header: string | null): Promise<Verdict>;
}

/** Longest header that is looked at, in characters. */
const longest = 4096;
/** Headers that are remembered. */
const remembered = 4096;
/** Headers that wait for their turn. */
const waiting = 64;

const grammar = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Parses the text of a password file; `where` names it in messages.
 * @throws KsoError `usage` naming the line and its user where it is no bcrypt, and where nobody could come in.
 */
export function parsePasswords(text: string, where: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const at = line.indexOf(":");
    const [user, hash] = [line.slice(0, at), line.slice(at + 1).trim()];
    const wrong = (reason: string): KsoError =>
      new KsoError("usage", `Cannot use ${where}: line ${index + 1}: ${reason}`);
    if (at < 1) throw wrong("it is not USER:HASH");
    const cost = Number(grammar.exec(hash)?.[1] ?? Number.NaN);
    // As the others name theirs, so that the way out can be told.
    if (!(cost >= 4 && cost <= 31))
      throw wrong(`the password of ${quoted(user)} is not hashed with bcrypt; write it anew with htpasswd -B`);
    if (users.has(user)) throw wrong(`${quoted(user)} is there twice`);
    users.set(user, hash);
  }
  if (users.size === 0) throw new KsoError("usage", `Cannot use ${where}: there is no user in it`);
  return users;
}

export function openPasswords(users: ReadonlyMap<string, string>): Passwords {
  // Headers are remembered by what they hash to under a key of this process: memory holds no password.
  const key = randomBytes(32);
  const known = new Map<string, Promise<Verdict>>();
  // Whoever is not in the file costs as much time as whoever is.
  const [anyone = ""] = users.values();
  let line: Promise<unknown> = Promise.resolve();
  let length = 0;

  const look = async (user: string, password: string): Promise<Verdict> => {
    const right = await bcrypt.compare(password, users.get(user) ?? anyone);
    return right && users.has(user) ? { user } : "unknown";
  };
  return {
    async check(header) {
      if (header === null || header.length > longest) return "unknown";
      const given = credentialsIn(header);
      if (!given) return "unknown";
      const name = createHmac("sha256", key).update(header).digest("base64");
      const there = known.get(name);
      if (there) {
        // The last one used is the last one forgotten.
        known.delete(name);
        known.set(name, there);
        return await there;
      }
      if (length >= waiting) return "busy";
      length++;
      const verdict = line
        .then(() => look(given.user, given.password))
        .finally(() => {
          length--;
        });
      line = verdict.catch(() => undefined);
      known.set(name, verdict);
      verdict.catch(() => known.delete(name));
      if (known.size > remembered) known.delete(known.keys().next().value as string);
      return await verdict;
    },
  };
}

/** RFC 7617: `Basic` and base64 of `user:password` in UTF-8; undefined for anything else. */
function credentialsIn(header: string): { user: string; password: string } | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const text = new TextDecoder().decode(Uint8Array.from(atobOrNothing(encoded), (one) => one.charCodeAt(0)));
  const at = text.indexOf(":");
  return at < 0 ? undefined : { user: text.slice(0, at), password: text.slice(at + 1) };
}

function atobOrNothing(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
