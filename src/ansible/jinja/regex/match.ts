// Runs a program over a text. It tries one way after the other, as Python does, and each step is counted: a pattern that
// would take for ever stops the evaluation that asked for it.
import type { EvaluationBudget } from "../budget.ts";
import { TemplateFailure } from "../failure.ts";
import { isWord, lowerCased } from "./characters.ts";
import type { Instruction, Program } from "./compile.ts";
import type { PatternPlace } from "./node.ts";

/** Steps of the matcher for one of the budget. */
const stepsOfOne = 10;
/** Ways that the matcher may have left to try. */
const maxPending = 1_000_000;

type Run = Instruction & { readonly kind: "characters" };

/** What is left to try, or to put back on the way there. */
type Pending =
  /** A register had another value. */
  | { readonly kind: "register"; readonly register: number; readonly value: number }
  /** Goes on at an instruction. */
  | { readonly kind: "branch"; readonly at: number; readonly position: number }
  /** Goes on behind a run of characters that takes fewer. */
  | { readonly kind: "fewer"; readonly at: number; readonly from: number; to: number }
  /** Goes on behind a run of characters that takes more. */
  | { readonly kind: "more"; readonly at: number; from: number; readonly to: number };

/** Looks for a program in one text, of code points. */
export class Matcher {
  readonly #code: readonly Instruction[];
  readonly #text: ArrayLike<number>;
  readonly #budget: EvaluationBudget;
  readonly #pending: Pending[] = [];
  readonly #registers: number[];
  #at = 0;
  #position = 0;
  #steps = 0;
  /** Where the whole match may not end. */
  #refused = -1;
  constructor({ code, registers }: Program, text: ArrayLike<number>, budget: EvaluationBudget) {
    this.#code = code;
    this.#registers = new Array<number>(registers).fill(-1);
    this.#text = text;
    this.#budget = budget;
  }

  /**
   * The registers of the match that begins first at or behind `from`: start and end of the whole and of each group, -1 where a
   * group took no part. `mustAdvance`: at `from` itself it is not empty. @throws TemplateFailure `limit`
   */
  search(from: number, mustAdvance = false): readonly number[] | undefined {
    for (let start = from; start <= this.#text.length; start++) {
      this.#refused = mustAdvance && start === from ? start : -1;
      if (this.matchAt(start)) return this.#registers;
    }
    return undefined;
  }

  /** The same for a match that begins there. @throws TemplateFailure `limit` */
  matchAt(start: number): readonly number[] | undefined {
    this.#registers.fill(-1);
    this.#pending.length = 0;
    return this.#run(0, start) ? this.#registers : undefined;
  }

  /** Runs from an instruction until the program ends; false where it matches in no way. Afterwards `#position` is where it ended. */
  #run(at: number, position: number): boolean {
    const bottom = this.#pending.length;
    this.#at = at;
    this.#position = position;
    for (;;) {
      this.#count();
      const instruction = this.#code[this.#at++] as Instruction;
      if (instruction.kind === "end") {
        if (this.#at < this.#code.length || this.#position !== this.#refused) return true;
        if (!this.#back(bottom)) return false;
      } else if (!(this.#step(instruction) || this.#back(bottom))) return false;
    }
  }

  #count(): void {
    if (++this.#steps < stepsOfOne) return;
    this.#steps = 0;
    this.#budget.spend();
  }

  /** Takes one step; false where it cannot be taken. */
  #step(instruction: Instruction): boolean {
    switch (instruction.kind) {
      case "character":
        return this.#take(instruction.test);
      case "characters":
        return this.#characters(instruction);
      case "split":
        this.#remember({ kind: "branch", at: instruction.second, position: this.#position });
        this.#at = instruction.first;
        return true;
      case "jump":
        this.#at = instruction.to;
        return true;
      case "save":
        this.#save(instruction.register, this.#position);
        return true;
      case "progress":
        if (this.#registers[instruction.register] !== this.#position) this.#at = instruction.to;
        return true;
      case "place":
        return this.#isPlace(instruction.place);
      case "reference":
        return this.#reference(instruction.index, instruction.ignoreCase);
      default:
        return instruction.kind === "inner" && this.#inner(instruction);
    }
  }

  #take(test: (code: number) => boolean): boolean {
    if (this.#position >= this.#text.length || !test(this.#text[this.#position] as number)) return false;
    this.#position++;
    return true;
  }

  #save(register: number, value: number): void {
    this.#remember({ kind: "register", register, value: this.#registers[register] as number });
    this.#registers[register] = value;
  }

  #characters({ test, min, max, lazy }: Run): boolean {
    const start = this.#position;
    const most = Math.min(this.#text.length, start + max);
    const wanted = lazy ? start + min : most;
    while (this.#position < wanted && this.#take(test)) this.#count();
    const end = this.#position;
    if (end < start + min) return false;
    if (lazy && end < most) this.#remember({ kind: "more", at: this.#at, from: end, to: most });
    if (!lazy && end > start + min) this.#remember({ kind: "fewer", at: this.#at, from: start + min, to: end });
    return true;
  }

  #remember(pending: Pending): void {
    if (this.#pending.length >= maxPending)
      throw new TemplateFailure("limit", "a regular expression that has too many ways to match");
    this.#pending.push(pending);
  }

  /** Goes back to what is left to try above `bottom`; false where nothing is. */
  #back(bottom: number): boolean {
    while (this.#pending.length > bottom) {
      this.#count();
      if (this.#resume(this.#pending.at(-1) as Pending)) return true;
    }
    return false;
  }

  #resume(pending: Pending): boolean {
    if (pending.kind === "register") {
      this.#registers[pending.register] = pending.value;
      this.#pending.pop();
      return false;
    }
    this.#at = pending.at;
    if (pending.kind === "branch") {
      this.#position = pending.position;
      this.#pending.pop();
    } else if (pending.kind === "fewer") {
      this.#position = --pending.to;
      if (pending.to === pending.from) this.#pending.pop();
    } else {
      this.#position = pending.from++;
      if (pending.from === pending.to) this.#pending.pop();
      const { test } = this.#code[pending.at - 1] as Run;
      if (!this.#take(test)) {
        // What is not taken here is not taken further on.
        if (this.#pending.at(-1) === pending) this.#pending.pop();
        return false;
      }
    }
    return true;
  }

  /** A pattern inside the pattern: it matches in one way, or in none. */
  #inner({ start, to, width, look, negated }: Instruction & { readonly kind: "inner" }): boolean {
    const position = this.#position;
    const bottom = this.#pending.length;
    const before = this.#registers.slice();
    const matches = position >= width && this.#run(start, position - width);
    this.#pending.length = bottom;
    if (matches === negated) {
      before.forEach((value, register) => {
        this.#registers[register] = value;
      });
      return false;
    }
    if (negated) for (const [register, value] of before.entries()) this.#registers[register] = value;
    else this.#keepChanges(before);
    if (look) this.#position = position;
    this.#at = to;
    return true;
  }

  /** What the inner pattern wrote stays, and is put back where the outer one goes back. */
  #keepChanges(before: readonly number[]): void {
    for (const [register, value] of before.entries())
      if (value !== this.#registers[register]) this.#remember({ kind: "register", register, value });
  }

  #reference(index: number, ignoreCase: boolean): boolean {
    const start = this.#registers[index * 2] as number;
    const end = this.#registers[index * 2 + 1] as number;
    if (start < 0 || end < 0 || this.#position + end - start > this.#text.length) return false;
    for (let at = start; at < end; at++, this.#position++) {
      this.#count();
      const [wanted, found] = [this.#text[at] as number, this.#text[this.#position] as number];
      if (wanted !== found && !(ignoreCase && lowerCased(wanted) === lowerCased(found))) return false;
    }
    return true;
  }

  #isPlace(place: PatternPlace): boolean {
    const [text, at] = [this.#text, this.#position];
    const newline = 10;
    switch (place) {
      case "start":
        return at === 0;
      case "end":
        return at === text.length;
      case "lineStart":
        return at === 0 || text[at - 1] === newline;
      case "lineEnd":
        return at === text.length || text[at] === newline;
      case "lastLineEnd":
        return at === text.length || (at === text.length - 1 && text[at] === newline);
      default: {
        const isEdge = (at > 0 && isWord(text[at - 1] as number)) !== (at < text.length && isWord(text[at] as number));
        // In a text without characters there is neither.
        return text.length > 0 && isEdge === (place === "wordEdge");
      }
    }
  }
}
