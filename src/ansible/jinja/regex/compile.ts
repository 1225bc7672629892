// Makes a program of a pattern's tree: steps that the matcher takes one after the other.
import { invalid, TemplateFailure } from "../failure.ts";
import type { CharacterTest, ParsedRegex, PatternPlace, RegexNode } from "./node.ts";

/** One step of a program; numbers are places in it. */
export type Instruction =
  | { readonly kind: "character"; readonly test: CharacterTest }
  /** As many characters as it goes, or as few; each further number of them is tried after that. */
  | {
      readonly kind: "characters";
      readonly test: CharacterTest;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  | { readonly kind: "split"; readonly first: number; readonly second: number }
  | { readonly kind: "jump"; readonly to: number }
  /** Writes the position into a register. */
  | { readonly kind: "save"; readonly register: number }
  /** Goes on behind a loop whose body took nothing. */
  | { readonly kind: "progress"; readonly register: number; readonly to: number }
  | { readonly kind: "place"; readonly place: PatternPlace }
  | { readonly kind: "reference"; readonly index: number; readonly ignoreCase: boolean }
  /** A program of its own. `width`: characters to go back before it. */
  | {
      readonly kind: "inner";
      readonly start: number;
      readonly to: number;
      readonly width: number;
      readonly look: boolean;
      readonly negated: boolean;
    }
  | { readonly kind: "end" };

/** A program, and how many registers it has: two for each group, then those of loops. */
export interface Program {
  readonly code: readonly Instruction[];
  /** Groups, the whole match included. */
  readonly groups: number;
  readonly registers: number;
}

/** Instructions of the longest program. */
const maxInstructions = 20_000;

/** Compiles a pattern. @throws TemplateFailure for one that is too large, and for a look-behind whose width is not fixed. */
export function compileRegex({ root, groups }: ParsedRegex): Program {
  return new Compiler(groups).compile(root);
}

class Compiler {
  readonly #code: Instruction[] = [];
  readonly #groups: number;
  #registers: number;
  constructor(groups: number) {
    this.#groups = groups;
    this.#registers = groups * 2;
  }

  compile(root: RegexNode): Program {
    this.#add({ kind: "save", register: 0 });
    this.#node(root);
    this.#add({ kind: "save", register: 1 });
    this.#add({ kind: "end" });
    return { code: this.#code, groups: this.#groups, registers: this.#registers };
  }

  /** Appends an instruction; where it stands. */
  #add(instruction: Instruction): number {
    if (this.#code.length >= maxInstructions)
      throw new TemplateFailure("limit", "a regular expression that repeats too much");
    return this.#code.push(instruction) - 1;
  }

  get #here(): number {
    return this.#code.length;
  }

  #node(node: RegexNode): void {
    if (node.kind === "parts") for (const part of node.parts) this.#node(part);
    else if (node.kind === "choice") this.#choice(node.parts);
    else if (node.kind === "repeat") this.#repeat(node);
    else if (node.kind === "group") {
      this.#add({ kind: "save", register: node.index * 2 });
      this.#node(node.body);
      this.#add({ kind: "save", register: node.index * 2 + 1 });
    } else if (node.kind === "look") {
      const width = node.behind ? widthOf(node.body) : 0;
      this.#inner(node.body, { width, look: true, negated: node.negated });
    } else if (node.kind === "atomic") this.#inner(node.body, { width: 0, look: false, negated: false });
    else this.#add(node);
  }

  #inner(body: RegexNode, how: { readonly width: number; readonly look: boolean; readonly negated: boolean }): void {
    const at = this.#add({ kind: "jump", to: 0 });
    const start = this.#here;
    this.#node(body);
    this.#add({ kind: "end" });
    this.#code[at] = { kind: "inner", start, to: this.#here, ...how };
  }

  #choice([first, ...rest]: readonly RegexNode[]): void {
    if (first === undefined) return;
    if (rest.length === 0) {
      this.#node(first);
      return;
    }
    const split = this.#add({ kind: "jump", to: 0 });
    this.#node(first);
    const jump = this.#add({ kind: "jump", to: 0 });
    this.#code[split] = { kind: "split", first: split + 1, second: this.#here };
    this.#choice(rest);
    this.#code[jump] = { kind: "jump", to: this.#here };
  }

  #repeat({ body, min, max, lazy }: RegexNode & { readonly kind: "repeat" }): void {
    if (body.kind === "character") {
      this.#add({ kind: "characters", test: body.test, min, max, lazy });
      return;
    }
    for (let count = 0; count < min; count++) this.#node(body);
    if (max === Number.POSITIVE_INFINITY) this.#loop(body, lazy);
    else this.#optional(body, max - min, lazy);
  }

  #loop(body: RegexNode, lazy: boolean): void {
    const register = this.#registers++;
    const split = this.#add({ kind: "jump", to: 0 });
    this.#add({ kind: "save", register });
    this.#node(body);
    this.#add({ kind: "progress", register, to: split });
    this.#code[split] = this.#splitBehind(split, lazy);
  }

  #optional(body: RegexNode, times: number, lazy: boolean): void {
    const splits: number[] = [];
    for (let count = 0; count < times; count++) {
      splits.push(this.#add({ kind: "jump", to: 0 }));
      this.#node(body);
    }
    for (const split of splits) this.#code[split] = this.#splitBehind(split, lazy);
  }

  /** Into what follows, or behind all of it. */
  #splitBehind(split: number, lazy: boolean): Instruction {
    const [inside, behind] = [split + 1, this.#here];
    return { kind: "split", first: lazy ? behind : inside, second: lazy ? inside : behind };
  }
}

/** The characters that a part takes, always. */
function widthOf(node: RegexNode): number {
  const unknown = (): never => invalid("look-behind requires fixed-width pattern");
  if (node.kind === "character") return 1;
  if (node.kind === "place" || node.kind === "look") return 0;
  if (node.kind === "group" || node.kind === "atomic") return widthOf(node.body);
  if (node.kind === "parts") return node.parts.reduce((sum, part) => sum + widthOf(part), 0);
  if (node.kind === "repeat") return node.min === node.max ? node.min * widthOf(node.body) : unknown();
  if (node.kind === "reference") return unknown();
  const [first = 0, ...rest] = node.parts.map(widthOf);
  return rest.every((width) => width === first) ? first : unknown();
}
