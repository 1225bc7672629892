// ~/.netrc, and the user and password inside a URL.
import { Buffer } from "node:buffer";

/** A user and a password for a host. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

interface Entry {
  login?: string;
  password?: string;
}

/** Looks up a host name: the first `machine` of that name, or else, unless it has to be `named`, `default`. */
export type FindLogin = (host: string, named?: "named") => Login | undefined;

/** Reads the text of a ~/.netrc. */
export function parseNetrc(text: string): FindLogin {
  // The key of the entry `default` is undefined.
  const entries = new Map<string | undefined, Entry>();
  let current: Entry | undefined;
  for (const [keyword, value] of settingsOf(text)) {
    if (keyword === "machine" || keyword === "default") {
      const host = keyword === "machine" ? value.toLowerCase() : undefined;
      current = {};
      if (!entries.has(host)) entries.set(host, current);
    } else if (current && (keyword === "login" || keyword === "password")) current[keyword] = value;
  }
  return (host, named) => {
    const { login, password } = entries.get(host.toLowerCase()) ?? (named ? {} : (entries.get(undefined) ?? {}));
    return login === undefined && password === undefined
      ? undefined
      : { username: login ?? "", password: password ?? "" };
  };
}

const keywordsWithValue = ["machine", "login", "password", "account"];

/** Each keyword with its value; the value is empty where the keyword takes none. */
function* settingsOf(text: string): Generator<[keyword: string, value: string]> {
  const tokens = tokensOf(text);
  for (let token = tokens.next(); !token.done; token = tokens.next()) {
    const value = keywordsWithValue.includes(token.value) ? String(tokens.next().value ?? "") : "";
    yield [token.value, value];
  }
}

/** Tokens, in quotes or not. A macro runs to the next empty line; where a keyword may stand, `#` starts a comment. */
function* tokensOf(text: string): Generator<string> {
  const pattern = /"((?:\\.|[^"\\])*)"|(\S+)/gs;
  let keyword = true;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, quoted, bare] = match;
    const token = bare ?? (quoted ?? "").replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
    if (keyword && bare?.startsWith("#")) skip(pattern, text, /\n|$/g);
    else if (keyword && bare === "macdef") skip(pattern, text, /\r?\n[ \t]*\r?\n|$/g);
    else {
      yield token;
      // Values follow every keyword but `default`.
      keyword = !keyword || !keywordsWithValue.includes(token);
    }
  }
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Moves `pattern` behind the next match of `terminator`. */
function skip(pattern: RegExp, text: string, terminator: RegExp): void {
  terminator.lastIndex = pattern.lastIndex;
  const end = terminator.exec(text);
  pattern.lastIndex = end ? end.index + end[0].length : text.length;
}

/** The user and password of `https://user:password@host/`. */
export function loginOf(url: URL): Login | undefined {
  if (url.username === "" && url.password === "") return undefined;
  return { username: decoded(url.username), password: decoded(url.password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value of Authorization for a user and a password. */
export function basicAuthorization({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
