// `key=value` pairs as Ansible reads them from a command line: blanks separate them, but not inside quotes or templates.

/** The pairs of a text, and the words that are none. */
export interface KeyValues {
  readonly pairs: readonly (readonly [key: string, value: string])[];
  readonly strays: readonly string[];
}

/** The pairs of a text; undefined where a quotation mark or a template does not close. */
export function keyValues(text: string): KeyValues | undefined {
  const words = splitWords(text);
  if (words === undefined) return undefined;
  const pairs: [string, string][] = [];
  const strays: string[] = [];
  for (const word of words.map(decodeEscapes)) {
    const [, key, value = ""] = /^((?:[^\\=]|\\[\s\S]?)[\s\S]*?(?<!\\))=([\s\S]*)$/.exec(word) ?? [];
    if (key === undefined) strays.push(word.trim());
    else pairs.push([key.trim(), unquote(value.trim())]);
  }
  return { pairs, strays };
}

/** Splits at blanks outside of quotes and templates; quotation marks stay. */
function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  const state = new WordState();
  let word = "";
  for (const [part] of text.matchAll(/\{[{%#]|[}%#]\}|\\["']|[\s\S]/g)) {
    state.read(part);
    if ((part === " " || part === "\n") && !state.isInside) {
      if (word !== "") words.push(word);
      word = "";
    } else word += part;
  }
  if (word !== "") words.push(word);
  return state.isInside ? undefined : words;
}

/** Whether a text is inside a quotation or a template. */
class WordState {
  #quote: string | undefined;
  #depth = 0;

  get isInside(): boolean {
    return this.#quote !== undefined || this.#depth > 0;
  }

  read(part: string): void {
    if (part === '"' || part === "'") {
      if (this.#quote === undefined) this.#quote = part;
      else if (this.#quote === part) this.#quote = undefined;
    } else if (/^\{[{%#]$/.test(part)) this.#depth++;
    else if (/^[}%#]\}$/.test(part)) this.#depth = Math.max(0, this.#depth - 1);
  }
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** `\n`, `\x41`, `\u0041`: as in a string of Python's. */
function decodeEscapes(text: string): string {
  const sequence = /\\(?:U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\\'"abfnrtv])/g;
  return text.replace(sequence, (found) => {
    const [, letter = ""] = found;
    if (found.length === 2) return escapes[letter] ?? letter;
    const code = Number.parseInt(found.slice(2), 16);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : found;
  });
}

/** Without the quotation marks around it. */
function unquote(text: string): string {
  const isQuoted = text.length > 1 && /^["']/.test(text) && text.endsWith(text.charAt(0)) && text.at(-2) !== "\\";
  return isQuoted ? text.slice(1, -1) : text;
}
