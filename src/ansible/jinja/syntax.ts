// A template's text travels in, its nodes travel out. The grammar is @huggingface/jinja's; what Ansible does to a template
// first (backslashes, dotted filter names) and what that grammar lacks (raw blocks, tests with arguments) is done here.
import { parse, tokenize } from "@huggingface/jinja";
import { messageOf } from "../../core/errors.ts";
import { TemplateFailure } from "./failure.ts";
import type { TemplateNode, Token } from "./nodes.ts";

/** The longest template, in characters. kubespray's longest has about two thousand. */
const longest = 100_000;
/** The longest run of white space: the tokenizer looks at each run once for every character of it. */
const blankest = 2000;

/** Does it hold a Jinja tag? What does not is no template. */
export function isTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("{#");
}

const known = new Map<string, readonly TemplateNode[]>();

/**
 * Parses a template, as Ansible's own environment would (trim_blocks, doubled backslashes in expressions).
 * @throws TemplateFailure for what is no template.
 */
export function parseTemplate(source: string): readonly TemplateNode[] {
  const there = known.get(source);
  if (there) return there;
  if (source.length > longest) throw new TemplateFailure("limit", `a template of ${source.length} characters`);
  if (new RegExp(`\\s{${blankest}}`).test(source))
    throw new TemplateFailure("limit", `a template with more than ${blankest} blanks in a row`);
  let body: readonly TemplateNode[];
  try {
    const tokens = rewrite(tokenize(normalize(source.replace(/\r\n?/g, "\n")), { trim_blocks: true }));
    body = (parse(tokens as Parameters<typeof parse>[0]) as unknown as { body: TemplateNode[] }).body;
  } catch (cause) {
    if (cause instanceof TemplateFailure) throw cause;
    throw new TemplateFailure("wrong", `it is no valid template (${messageOf(cause)})`, cause);
  }
  if (known.size > 5000) known.clear();
  known.set(source, body);
  return body;
}

/** Raw blocks become strings; a backslash inside a string of `{{ }}` stands for itself, as in Ansible. */
function normalize(source: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < source.length) {
    const open = source.slice(at).search(/\{[{%#]/);
    if (open < 0) break;
    parts.push(source.slice(at, at + open));
    at += open;
    const raw = /^\{%([-+]?)\s*raw\s*(-?)%\}([\s\S]*?)\{%(-?)\s*endraw\s*([-+]?)%\}(\n?)/.exec(source.slice(at));
    if (raw) {
      const [whole, before = "", after, body = "", beforeEnd, afterEnd = "", line = ""] = raw;
      const inside = beforeEnd ? body.trimEnd() : body;
      const text = after ? inside.trimStart() : inside;
      parts.push(`{{${before.replace("+", "")} ${quote(text)} ${afterEnd.replace("+", "")}}}`);
      parts.push(afterEnd === "+" ? line : "");
      at += whole.length;
      continue;
    }
    const length = tag(source, at, parts);
    at += length;
  }
  parts.push(source.slice(at));
  return parts.join("");
}

/** Copies one tag; returns its length. */
function tag(source: string, at: number, parts: string[]): number {
  const kind = source.charAt(at + 1);
  if (kind === "#") {
    const end = source.indexOf("#}", at + 2);
    if (end < 0) throw new TemplateFailure("wrong", "it is no valid template (a comment does not end)");
    parts.push(source.slice(at, end + 2));
    return end + 2 - at;
  }
  const close = kind === "{" ? "}}" : "%}";
  let end = at + 2;
  if (source.charAt(end) === "+") end++;
  parts.push(`{${kind}`);
  let braces = 0;
  while (end < source.length) {
    const character = source.charAt(end);
    if (character === "'" || character === '"') {
      const [text = ""] = /^(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')/.exec(source.slice(end)) ?? [];
      if (text === "") break;
      parts.push(kind === "{" ? text.replaceAll("\\", "\\\\") : tame(text));
      end += text.length;
      continue;
    }
    if (braces === 0 && source.startsWith(close, end)) break;
    if (character === "{") braces++;
    if (character === "}") braces--;
    parts.push(character);
    end++;
  }
  return end - at;
}

/** Python keeps a backslash before a character that needs none; the tokenizer refuses it. */
function tame(text: string): string {
  return text.replace(/\\([\s\S])/g, (pair, character: string) =>
    /[ntrbfvxu'"\\]/.test(character) ? pair : `\\${pair}`,
  );
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

const opens: Readonly<Record<string, string>> = {
  OpenParen: "CloseParen",
  OpenSquareBracket: "CloseSquareBracket",
  OpenCurlyBracket: "CloseCurlyBracket",
};
/** Behind a test without parentheses these begin something else than its argument. */
const afterTest = new Set(["else", "or", "and", "if", "is", "in", "not"]);

/**
 * Tests become filters named `is:…`, which bind as tests do in Jinja (the grammar has tests without arguments only);
 * `ansible.builtin.lower` becomes one name.
 */
function rewrite(tokens: readonly Token[]): Token[] {
  const out: Token[] = [];
  let at = 0;
  const isWord = (index: number, ...words: string[]): boolean =>
    tokens[index]?.type === "Identifier" && words.includes(tokens[index].value);
  const dotted = (): string => {
    let name = tokens[at++]?.value ?? "";
    while (tokens[at]?.type === "Dot" && tokens[at + 1]?.type === "Identifier") {
      name += `.${tokens[at + 1]?.value}`;
      at += 2;
    }
    return name;
  };
  while (at < tokens.length) {
    const token = tokens[at] as Token;
    at++;
    if (token.type === "Pipe" && tokens[at]?.type === "Identifier") {
      out.push(token, { type: "Identifier", value: dotted() });
    } else if (token.type === "Identifier" && token.value === "is" && out.at(-1)?.type !== "Dot") {
      const not = isWord(at, "not");
      if (not) at++;
      if (tokens[at]?.type !== "Identifier")
        throw new TemplateFailure("wrong", "it is no valid template (a test has no name)");
      const name = `is:${dotted()}`;
      const test: Token[] = [
        { type: "Pipe", value: "|" },
        { type: "Identifier", value: not ? `not ${name}` : name },
      ];
      const next = tokens[at];
      const bare =
        next !== undefined &&
        (["StringLiteral", "NumericLiteral", "OpenSquareBracket", "OpenCurlyBracket"].includes(next.type) ||
          (next.type === "Identifier" && !afterTest.has(next.value)));
      if (bare) {
        const end = operandEnd(tokens, at);
        const operand = rewrite(tokens.slice(at, end));
        test.push({ type: "OpenParen", value: "(" }, ...operand, { type: "CloseParen", value: ")" });
        at = end;
      }
      out.push(...test);
    } else out.push(token);
  }
  return out;
}

/** Where the operand at `start` ends: a name, a literal or a bracket, with what is called or looked up on it. */
function operandEnd(tokens: readonly Token[], start: number): number {
  let at = opens[tokens[start]?.type ?? ""] ? bracketEnd(tokens, start) : start + 1;
  for (;;) {
    const type = tokens[at]?.type;
    if (type === "Dot") at += 2;
    else if (type === "OpenParen" || type === "OpenSquareBracket") at = bracketEnd(tokens, at);
    else return Math.min(at, tokens.length);
  }
}

function bracketEnd(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    const { type } = tokens[at] as Token;
    if (opens[type]) depth++;
    else if (Object.values(opens).includes(type) && --depth === 0) return at + 1;
  }
  return tokens.length;
}
