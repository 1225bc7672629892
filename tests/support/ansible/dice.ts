// Random choices that a seed repeats.
import { seeded } from "../site.ts";

/** Random choices. */
export class Dice {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = seeded(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b));
    // The first numbers of neighbouring seeds are alike.
    for (let index = 0; index < 5; index++) this.#next();
  }

  /** From 0 to `size` - 1. */
  below(size: number): number {
    return Math.floor(this.#next() * size);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** Each with that probability. */
  some<T>(choices: readonly T[], probability = 0.5): T[] {
    return choices.filter(() => this.chance(probability));
  }
}
