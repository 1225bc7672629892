// WWW-Authenticate (RFC 9110, 11.6.1): one header, several challenges, each a scheme with parameters. Commas separate both,
// so a token is a parameter when an equals sign and a value follow, and a scheme otherwise.

/** One way to log in that a server offers. */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By lower-case name; the first of two wins. */
  readonly parameters: ReadonlyMap<string, string>;
}

const separator = /[\s,]*/y;
// Values without quotes are taken up to the next comma: registries exist that write realm=https://… bare.
const parameter = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/sy;
// `Negotiate YII=`: a token68, which is skipped.
const token68 = /[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y;
const scheme = /[!#$%&'*+.^_`|~\w-]+(?=[\s,]|$)/y;

/** The challenges in order; what cannot be read ends the list. Never throws. */
export function parseChallenges(header: string): Challenge[] {
  const scanner = new Scanner(header);
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (;;) {
    scanner.take(separator);
    const current = challenges.at(-1);
    const match = current && scanner.take(parameter);
    if (match) {
      const [, name = "", quoted, plain = ""] = match;
      const value = quoted === undefined ? plain : quoted.replace(/\\(.)/gs, "$1");
      const key = name.toLowerCase();
      if (!current.parameters.has(key)) current.parameters.set(key, value);
      continue;
    }
    const [name] = scanner.take(scheme) ?? [];
    if (name === undefined) return challenges;
    challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    scanner.skipToken68();
  }
}

/** Matches sticky patterns one after the other. */
class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match) this.#position = pattern.lastIndex;
    return match;
  }

  /** White space and a token68, or nothing. */
  skipToken68(): void {
    const start = this.#position;
    if (this.take(/[ \t]+/y) && !this.take(token68)) this.#position = start;
  }
}
