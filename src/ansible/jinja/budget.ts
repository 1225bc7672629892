// Limits what one evaluation may cost, so that a hostile template fails before it exhausts the machine.
import { TemplateFailure } from "./failure.ts";

/** Steps that one budget allows by default; all of a release's downloads take about a hundred thousand. */
export const defaultSteps = 5_000_000;
/** Variables that may be templated inside one another. */
const maxDepth = 60;
/** Characters of the longest text, or elements of the longest list, that an operation may produce. */
const maxSize = 1_000_000;

/** Counts what an evaluation does. */
export class EvaluationBudget {
  readonly #given: number;
  #steps: number;
  #depth = 0;
  constructor(steps: number = defaultSteps) {
    this.#given = steps;
    this.#steps = steps;
  }

  /** Steps so far. */
  get spent(): number {
    return this.#given - this.#steps;
  }

  /** Counts steps. @throws TemplateFailure `limit` when the budget has too few left. */
  spend(steps = 1): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new TemplateFailure("limit", "it takes too many steps");
  }

  /** Counts the cost of a text before it is made: a step for each fifty characters. @throws TemplateFailure `limit` */
  allocate(size: number): void {
    this.assertSize(size);
    this.spend(Math.ceil(size / 50));
  }

  /** Counts the cost of a list before it is made: a step for every other element. @throws TemplateFailure `limit` */
  allocateElements(size: number): void {
    this.assertSize(size);
    this.spend(Math.ceil(size / 2));
  }

  /** @throws TemplateFailure `limit` for a value of that size, before it is made. */
  assertSize(size: number): void {
    if (size > maxSize) throw new TemplateFailure("limit", `it makes a value of ${size} characters or elements`);
  }

  /** Joins texts, which are made one after the other and never more than may be held. @throws TemplateFailure `limit` */
  join(parts: Iterable<string>, separator: string): string {
    const texts: string[] = [];
    let size = 0;
    for (const part of parts) {
      texts.push(part);
      size += part.length + separator.length;
      this.assertSize(size);
    }
    this.allocate(size);
    return texts.join(separator);
  }

  /** Runs an evaluation one level deeper. */
  nested<T>(evaluation: () => T): T {
    if (this.#depth >= maxDepth)
      throw new TemplateFailure("limit", `more than ${maxDepth} variables refer to one another`);
    this.#depth++;
    try {
      return evaluation();
    } finally {
      this.#depth--;
    }
  }
}
