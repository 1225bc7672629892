// ~/.netrc: in travels its text, out travels a login for a host. Also the user and password inside a URL.
import { Buffer } from "node:buffer";

export interface Login {
  readonly login: string;
  readonly password: string;
}

/** Looks a host name up: the first `machine` of that name, or else `default`. */
export function parseNetrc(text: string): (host: string) => Login | undefined {
  const machines = new Map<string, Partial<Login>>();
  let fallback: Partial<Login> | undefined;
  let current: { login?: string; password?: string } | undefined;
  const words = wordsOf(text);
  for (let word = words.next(); !word.done; word = words.next()) {
    const value = (): string => String(words.next().value ?? "");
    if (word.value === "machine") {
      const host = value().toLowerCase();
      current = {};
      if (!machines.has(host)) machines.set(host, current);
    } else if (word.value === "default") {
      current = {};
      fallback ??= current;
    } else if (word.value === "login") {
      const login = value();
      if (current) current.login = login;
    } else if (word.value === "password") {
      const password = value();
      if (current) current.password = password;
    } else if (word.value === "account") value();
  }
  return (host) => {
    const { login, password } = machines.get(host.toLowerCase()) ?? fallback ?? {};
    return login === undefined && password === undefined ? undefined : { login: login ?? "", password: password ?? "" };
  };
}

/** Words, in quotes or not. A macro runs to the next empty line; where a keyword may stand, `#` starts a comment. */
function* wordsOf(text: string): Generator<string> {
  const pattern = /"((?:\\.|[^"\\])*)"|(\S+)/gs;
  let keyword = true;
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const [, quoted, bare] = found;
    const word = bare ?? (quoted ?? "").replace(/\\(.)/gs, (_, sign: string) => escapes[sign] ?? sign);
    if (keyword && bare?.startsWith("#")) skip(pattern, text, /\n|$/g);
    else if (keyword && bare === "macdef") skip(pattern, text, /\r?\n[ \t]*\r?\n|$/g);
    else {
      yield word;
      // Values follow every keyword but `default`.
      keyword = !keyword || !["machine", "login", "password", "account"].includes(word);
    }
  }
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function skip(pattern: RegExp, text: string, to: RegExp): void {
  to.lastIndex = pattern.lastIndex;
  const end = to.exec(text);
  pattern.lastIndex = end ? end.index + end[0].length : text.length;
}

/** The user and password of `https://user:password@host/`. */
export function loginOf(url: URL): Login | undefined {
  if (url.username === "" && url.password === "") return undefined;
  return { login: decoded(url.username), password: decoded(url.password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value of Authorization. */
export function basicAuthorization({ login, password }: Login): string {
  return `Basic ${Buffer.from(`${login}:${password}`).toString("base64")}`;
}
