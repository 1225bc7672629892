// A template's text before it is tokenized: raw blocks become strings, and a backslash inside a string of `{{ }}` stands for
// itself, as in Ansible.
import { TemplateFailure } from "./failure.ts";

/** The text that the tokenizer reads. @throws TemplateFailure for a comment without an end. */
export function normalizeSource(source: string): string {
  return new SourceNormalizer(source).normalize();
}

const rawBlock = /\{%([-+]?)\s*raw\s*(-?)%\}([\s\S]*?)\{%(-?)\s*endraw\s*([-+]?)%\}(\n?)/y;
const stringLiteral = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y;

class SourceNormalizer {
  readonly #source: string;
  readonly #parts: string[] = [];
  #position = 0;
  constructor(source: string) {
    this.#source = source;
  }

  normalize(): string {
    while (this.#position < this.#source.length && this.#copyText()) {
      if (this.#rewriteRawBlock()) continue;
      if (this.#source.charAt(this.#position + 1) === "#") this.#copyComment();
      else this.#copyTag();
    }
    this.#parts.push(this.#source.slice(this.#position));
    return this.#parts.join("");
  }

  /** Copies what stands before the next tag; false where there is none. */
  #copyText(): boolean {
    const length = this.#source.slice(this.#position).search(/\{[{%#]/);
    if (length < 0) return false;
    this.#copy(length);
    return true;
  }

  #rewriteRawBlock(): boolean {
    const match = this.#match(rawBlock);
    if (!match) return false;
    const [whole, before = "", after, body = "", beforeEnd, afterEnd = "", newline = ""] = match;
    const untilEnd = beforeEnd ? body.trimEnd() : body;
    const text = after ? untilEnd.trimStart() : untilEnd;
    this.#parts.push(`{{${before.replace("+", "")} ${quote(text)} ${afterEnd.replace("+", "")}}}`);
    this.#parts.push(afterEnd === "+" ? newline : "");
    this.#position += whole.length;
    return true;
  }

  #copyComment(): void {
    const end = this.#source.indexOf("#}", this.#position + 2);
    if (end < 0) throw new TemplateFailure("invalid", "it is no valid template (a comment does not end)");
    this.#copy(end + 2 - this.#position);
  }

  /** Copies `{{ …` or `{% …` up to what closes it. */
  #copyTag(): void {
    const kind = this.#source.charAt(this.#position + 1);
    const close = kind === "{" ? "}}" : "%}";
    this.#copy(2);
    // A plus sign turns Jinja's lstrip_blocks off, which is never on.
    if (this.#source.charAt(this.#position) === "+") this.#position++;
    let braces = 0;
    while (this.#position < this.#source.length) {
      if (braces === 0 && this.#source.startsWith(close, this.#position)) return;
      const character = this.#source.charAt(this.#position);
      if (character === "{") braces++;
      if (character === "}") braces--;
      const isString = character === "'" || character === '"';
      if (!isString) this.#copy(1);
      else if (!this.#copyString(kind)) return;
    }
  }

  /** Copies a string of a tag; false where it does not end. */
  #copyString(kind: string): boolean {
    const [text = ""] = this.#match(stringLiteral) ?? [];
    if (text === "") return false;
    this.#parts.push(kind === "{" ? text.replaceAll("\\", "\\\\") : escapeUnknown(text));
    this.#position += text.length;
    return true;
  }

  #copy(length: number): void {
    this.#parts.push(this.#source.slice(this.#position, this.#position + length));
    this.#position += length;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#position;
    return sticky.exec(this.#source);
  }
}

/** Python keeps a backslash before a character that needs none; the tokenizer refuses it. */
function escapeUnknown(text: string): string {
  return text.replace(/\\([\s\S])/g, (pair, character: string) =>
    /[ntrbfvxu'"\\]/.test(character) ? pair : `\\${pair}`,
  );
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
