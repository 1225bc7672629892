// Tokens between the tokenizer and the parser. Tests become filters named `is:…`, because the grammar has only tests
// without arguments (both bind alike); `ansible.builtin.lower` becomes one name.
import { TemplateFailure } from "./failure.ts";
import type { Token } from "./nodes.ts";

const closing: ReadonlyMap<string, string> = new Map([
  ["OpenParen", "CloseParen"],
  ["OpenSquareBracket", "CloseSquareBracket"],
  ["OpenCurlyBracket", "CloseCurlyBracket"],
]);
const closingTypes: ReadonlySet<string> = new Set(closing.values());
/** Tokens that begin an argument without parentheses, as in `x is divisibleby 3`. */
const argumentStarts: ReadonlySet<string> = new Set([
  "StringLiteral",
  "NumericLiteral",
  "OpenSquareBracket",
  "OpenCurlyBracket",
]);
/** Words that, after a test without parentheses, are not its argument. */
const afterTest: ReadonlySet<string> = new Set(["else", "or", "and", "if", "is", "in", "not"]);

/** The tokens that the parser reads. @throws TemplateFailure for a test without a name. */
export function rewriteTests(tokens: readonly Token[]): Token[] {
  return new TokenRewriter(tokens).rewrite();
}

class TokenRewriter {
  readonly #tokens: readonly Token[];
  readonly #rewritten: Token[] = [];
  #position = 0;
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  rewrite(): Token[] {
    for (let token = this.#next(); token; token = this.#next()) {
      if (token.type === "Pipe" && this.#isIdentifier())
        this.#rewritten.push(token, { type: "Identifier", value: this.#dottedName() });
      else if (token.type === "Identifier" && token.value === "is" && this.#rewritten.at(-1)?.type !== "Dot")
        this.#rewriteTest();
      else this.#rewritten.push(token);
    }
    return this.#rewritten;
  }

  #next(): Token | undefined {
    return this.#tokens[this.#position++];
  }

  #isIdentifier(offset = 0): boolean {
    return this.#tokens[this.#position + offset]?.type === "Identifier";
  }

  #dottedName(): string {
    let name = this.#next()?.value ?? "";
    while (this.#tokens[this.#position]?.type === "Dot" && this.#isIdentifier(1)) {
      name += `.${this.#tokens[this.#position + 1]?.value}`;
      this.#position += 2;
    }
    return name;
  }

  /** Rewrites what follows `is`. */
  #rewriteTest(): void {
    const negated = this.#isIdentifier() && this.#tokens[this.#position]?.value === "not";
    if (negated) this.#position++;
    if (!this.#isIdentifier()) throw new TemplateFailure("invalid", "it is no valid template (a test has no name)");
    const name = `is:${this.#dottedName()}`;
    this.#rewritten.push({ type: "Pipe", value: "|" }, { type: "Identifier", value: negated ? `not ${name}` : name });
    if (this.#startsArgument()) this.#rewriteArgument();
  }

  #startsArgument(): boolean {
    const token = this.#tokens[this.#position];
    if (!token) return false;
    return argumentStarts.has(token.type) || (token.type === "Identifier" && !afterTest.has(token.value));
  }

  #rewriteArgument(): void {
    const end = operandEnd(this.#tokens, this.#position);
    const operand = rewriteTests(this.#tokens.slice(this.#position, end));
    this.#rewritten.push({ type: "OpenParen", value: "(" }, ...operand, { type: "CloseParen", value: ")" });
    this.#position = end;
  }
}

/** Where the operand at `start` ends: a name, a literal or a bracket, with what is called or looked up on it. */
function operandEnd(tokens: readonly Token[], start: number): number {
  let position = closing.has(tokens[start]?.type ?? "") ? bracketEnd(tokens, start) : start + 1;
  for (;;) {
    const type = tokens[position]?.type;
    if (type === "Dot") position += 2;
    else if (type === "OpenParen" || type === "OpenSquareBracket") position = bracketEnd(tokens, position);
    else return Math.min(position, tokens.length);
  }
}

function bracketEnd(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let position = start; position < tokens.length; position++) {
    const { type } = tokens[position] as Token;
    if (closing.has(type)) depth++;
    else if (closingTypes.has(type) && --depth === 0) return position + 1;
  }
  return tokens.length;
}
