// WWW-Authenticate (RFC 9110, 11.6.1): one header, several challenges, each a scheme with parameters. Commas separate both,
// so a word is a parameter when an equals sign and a value follow, and a scheme otherwise.

export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By lower-case name; the first of two wins. */
  readonly parameters: ReadonlyMap<string, string>;
}

const gap = /[\s,]*/y;
// Values without quotes are taken up to the next comma: registries exist that write realm=https://… bare.
const parameter = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/sy;
// `Negotiate YII=`: one word of its own, which nothing here has a use for.
const token68 = /[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y;
const scheme = /[!#$%&'*+.^_`|~\w-]+(?=[\s,]|$)/y;

/** The challenges in order; what cannot be read ends the list. Never throws. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(header) ?? undefined;
    if (found) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    take(gap);
    const current = challenges.at(-1);
    const [, name, quoted, plain] = (current && take(parameter)) ?? [];
    if (current && name !== undefined) {
      const key = name.toLowerCase();
      const value = quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/gs, "$1");
      if (!current.parameters.has(key)) current.parameters.set(key, value);
      continue;
    }
    const [word] = take(scheme) ?? [];
    if (word === undefined) return challenges;
    challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
    const start = at;
    if (take(/[ \t]+/y) && !take(token68)) at = start;
  }
}
