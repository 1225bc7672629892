// Python's regular expressions on JavaScript's engine. That engine tries again and again where a pattern can match one text in
// many ways, so what could take more than a moment is refused before it runs.
import { invalid, TemplateFailure } from "./failure.ts";

/** About this many attempts are a moment. */
const attempts = 20_000_000;

export interface PatternFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
}

/**
 * Python's pattern as a RegExp that may be run on `text`. Global, Unicode-unaware as the patterns in use are.
 * @throws TemplateFailure for a pattern that is none, or that could run for too long on that text.
 */
export function compilePattern(
  source: string,
  text: string,
  { ignoreCase = false, multiline = false }: PatternFlags = {},
): RegExp {
  const [, inline = ""] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  const body = source.replace(/^\(\?[ims]+\)/, "");
  guard(body, text);
  const translated = body
    .replace(/\(\?P<(\w+)>/g, "(?<$1>")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
    .replace(/(?<!\\)((?:\\\\)*)\\A/g, "$1(?<![\\s\\S])")
    .replace(/(?<!\\)((?:\\\\)*)\\Z/g, "$1(?![\\s\\S])");
  const flags = new Set(["g", ...inline, ...(ignoreCase ? ["i"] : []), ...(multiline ? ["m"] : [])]);
  try {
    return new RegExp(atLineEnd(translated, flags.has("m")), [...flags].join(""));
  } catch (cause) {
    throw new TemplateFailure("wrong", `"${source}" is no regular expression`, cause);
  }
}

/** Python's `$` also matches before a newline at the very end. */
function atLineEnd(source: string, multiline: boolean): string {
  return multiline
    ? source
    : outsideClasses(source, (character) => (character === "$" ? "(?=\\n?(?![\\s\\S]))" : character));
}

/** Rewrites what is neither escaped nor inside `[…]`. */
function outsideClasses(source: string, rewrite: (character: string) => string): string {
  return source.replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/g, (part) =>
    part.length === 1 ? rewrite(part) : part,
  );
}

const parts =
  /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|P?<\w+>))?|\)|(?:[*+?]|\{\d*,?\d*\})[?+]?|\||[\s\S]/g;

/** Estimates the attempts: each repetition may end anywhere in the text, each choice doubles them. */
function guard(source: string, text: string): void {
  if (source.length > 1000) throw new TemplateFailure("limit", "a regular expression of more than 1000 characters");
  const open = [false];
  let closed = false;
  let repeats = 1;
  let choices = 0;
  for (const [part] of source.matchAll(parts)) {
    const group = closed;
    closed = false;
    if (part.startsWith("(")) open.push(false);
    else if (part === ")") {
      closed = open.pop() ?? false;
      if (closed) open[open.length - 1] = true;
    } else if (part === "|" || /^\?/.test(part)) {
      choices++;
      open[open.length - 1] = true;
    } else if (/^(?:[*+]|\{\d*,?\d*\})/.test(part)) {
      if (group) invalid(`the regular expression "${source}" repeats a repetition, which could take for ever`);
      if ((/\d+/g.exec(part)?.[0].length ?? 0) > 3) invalid(`the regular expression "${source}" repeats too often`);
      repeats++;
      open[open.length - 1] = true;
    }
  }
  if ((text.length + 1) ** repeats * 2 ** choices > attempts)
    throw new TemplateFailure(
      "limit",
      `the regular expression "${source}" could take too long on ${text.length} characters`,
    );
}

/** Python's replacement text (`\1`, `\g<1>`, `\g<name>`, `\n`) for one match. */
export function expandReplacement(template: string, match: RegExpMatchArray): string {
  return template.replace(
    /\\(?:g<(\w+)>|(\d{1,2})|([\s\S]))/g,
    (whole, name?: string, index?: string, other?: string) => {
      if (name !== undefined) return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? "";
      if (index !== undefined) {
        if (Number(index) >= match.length) return invalid(`invalid group reference ${index}`);
        return match[Number(index)] ?? "";
      }
      const plain: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "0": "\0" };
      return plain[other ?? ""] ?? whole;
    },
  );
}
