// Python's regular expressions on JavaScript's engine. That engine tries every way in which a pattern can match a text,
// so a pattern that could take too long on the text is refused before it runs.
import { invalid, TemplateFailure } from "./failure.ts";

/** Attempts, as estimated, that a pattern may need on a text. */
const maxAttempts = 20_000_000;
/** Characters of the longest pattern. */
const maxLength = 1000;

/** How a pattern matches. */
export interface PatternFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
}

/**
 * Python's pattern as a RegExp (global, without Unicode mode) that may be run on `text`.
 * @throws TemplateFailure for what is not a regular expression, or could run for too long on that text.
 */
export function compilePattern(
  source: string,
  text: string,
  { ignoreCase = false, multiline = false }: PatternFlags = {},
): RegExp {
  const [, inline = ""] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  const body = source.replace(/^\(\?[ims]+\)/, "");
  assertBounded(body, text);
  const translated = body
    .replace(/\(\?P<(\w+)>/g, "(?<$1>")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
    .replace(/(?<!\\)((?:\\\\)*)\\A/g, "$1(?<![\\s\\S])")
    .replace(/(?<!\\)((?:\\\\)*)\\Z/g, "$1(?![\\s\\S])");
  const flags = new Set(["g", ...inline, ...(ignoreCase ? ["i"] : []), ...(multiline ? ["m"] : [])]);
  try {
    return new RegExp(translateLineEnd(translated, flags.has("m")), [...flags].join(""));
  } catch (cause) {
    throw new TemplateFailure("invalid", `"${source}" is no regular expression`, cause);
  }
}

/** Python's `$` also matches before a newline at the very end. */
function translateLineEnd(source: string, multiline: boolean): string {
  if (multiline) return source;
  return rewriteOutsideClasses(source, (character) => (character === "$" ? "(?=\\n?(?![\\s\\S]))" : character));
}

/** Rewrites what is neither escaped nor inside `[…]`. */
function rewriteOutsideClasses(source: string, rewrite: (character: string) => string): string {
  return source.replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/g, (part) =>
    part.length === 1 ? rewrite(part) : part,
  );
}

const patternParts =
  /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|P?<\w+>))?|\)|(?:[*+?]|\{\d*,?\d*\})[?+]?|\||[\s\S]/g;

/** Refuses a pattern that could take too long on the text. @throws TemplateFailure */
function assertBounded(source: string, text: string): void {
  if (source.length > maxLength)
    throw new TemplateFailure("limit", `a regular expression of more than ${maxLength} characters`);
  const estimate = new AttemptEstimate(source);
  for (const [part] of source.matchAll(patternParts)) estimate.add(part);
  if (estimate.attempts(text.length) > maxAttempts)
    throw new TemplateFailure(
      "limit",
      `the regular expression "${source}" could take too long on ${text.length} characters`,
    );
}

/** Estimates how often the engine tries: each repetition may end anywhere in the text, each choice doubles the attempts. */
class AttemptEstimate {
  readonly #source: string;
  /** For each group that is open, the whole pattern first: can it match one text in several ways? */
  readonly #ambiguous = [false];
  /** The part before this one was the end of such a group. */
  #afterAmbiguous = false;
  #repetitions = 1;
  #choices = 0;
  constructor(source: string) {
    this.#source = source;
  }

  attempts(length: number): number {
    return (length + 1) ** this.#repetitions * 2 ** this.#choices;
  }

  add(part: string): void {
    const afterAmbiguous = this.#afterAmbiguous;
    this.#afterAmbiguous = false;
    if (part.startsWith("(")) this.#ambiguous.push(false);
    else if (part === ")") this.#close();
    else if (part === "|" || part.startsWith("?")) {
      this.#choices++;
      this.#markAmbiguous();
    } else if (/^(?:[*+]|\{\d*,?\d*\})/.test(part)) this.#repeat(part, afterAmbiguous);
  }

  #close(): void {
    this.#afterAmbiguous = this.#ambiguous.pop() ?? false;
    if (this.#afterAmbiguous) this.#markAmbiguous();
  }

  #repeat(part: string, afterAmbiguous: boolean): void {
    if (afterAmbiguous)
      invalid(`the regular expression "${this.#source}" repeats a repetition, which could take for ever`);
    if ((/\d+/.exec(part)?.[0].length ?? 0) > 3) invalid(`the regular expression "${this.#source}" repeats too often`);
    this.#repetitions++;
    this.#markAmbiguous();
  }

  #markAmbiguous(): void {
    this.#ambiguous[this.#ambiguous.length - 1] = true;
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["\\", "\\"],
  ["0", "\0"],
]);

/** Python's replacement text (`\1`, `\g<1>`, `\g<name>`, `\n`) for one match. */
export function expandReplacement(replacement: string, match: RegExpMatchArray): string {
  return replacement.replace(
    /\\(?:g<(\w+)>|(\d{1,2})|([\s\S]))/g,
    (whole, name?: string, index?: string, character?: string) => {
      if (name !== undefined) return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? "";
      if (index === undefined) return escapes.get(character ?? "") ?? whole;
      if (Number(index) >= match.length) return invalid(`invalid group reference ${index}`);
      return match[Number(index)] ?? "";
    },
  );
}
