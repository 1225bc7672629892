// Host names in inventories: `node[1:3].example`, `db-[a:f]`, `node1:2222`, `fd00::[1:3]`.
import { KsoError } from "../../core/errors.ts";
import { withoutPort } from "./address.ts";

/** Hosts that one pattern may stand for. */
const maxHosts = 10_000;
/** Characters of the longest pattern. */
const maxLength = 1000;
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The names that a pattern stands for. @throws KsoError `unresolvable` naming `where` for a malformed range. */
export function expandHostPattern(pattern: string, where: string): readonly string[] {
  if (pattern.length > maxLength)
    throw new KsoError(
      "unresolvable",
      `Cannot use ${where}: "${pattern.slice(0, 40)}…" is a host of more than ${maxLength} characters`,
    );
  return expandRanges(withoutPort(pattern), where);
}

function expandRanges(pattern: string, where: string): readonly string[] {
  const [, head = "", range = "", tail = ""] = /^([^[]*)\[([^\]:]*:[^\]]*)\](.*)$/.exec(pattern) ?? [];
  if (range === "") return [pattern];
  const tails = expandRanges(tail, where);
  const values = new HostRange(pattern, where).values(range);
  if (values.length * tails.length > maxHosts)
    throw new KsoError("unresolvable", `Cannot use ${where}: "${pattern}" stands for more than ${maxHosts} hosts`);
  return values.flatMap((value) => tails.map((rest) => head + value + rest));
}

/** Reads the range in a host pattern; its errors name the pattern and the place. */
class HostRange {
  readonly #pattern: string;
  readonly #where: string;
  constructor(pattern: string, where: string) {
    this.#pattern = pattern;
    this.#where = where;
  }

  /** `1:3`, `01:10:2`, `a:f`. */
  values(range: string): readonly string[] {
    const [start = "", last = "", stride = "1", ...rest] = range.split(":");
    const first = start === "" ? "0" : start;
    if (rest.length > 0 || !/^[1-9]\d{0,5}$/.test(stride)) throw this.#error("is no [first:last] or [first:last:step]");
    if (last === "") throw this.#error("has no end");
    const step = Number(stride);
    if (/^[a-zA-Z]$/.test(first) && /^[a-zA-Z]$/.test(last)) return this.#letters(first, last, step);
    if (!/^\d{1,9}$/.test(first) || !/^\d{1,9}$/.test(last)) throw this.#error("is neither of numbers nor of letters");
    return this.#numbers(first, last, step);
  }

  #letters(first: string, last: string, step: number): readonly string[] {
    const [from, to] = [letters.indexOf(first), letters.indexOf(last)];
    if (from > to) throw this.#error("ends before it begins");
    return [...letters.slice(from, to + 1)].filter((_, index) => index % step === 0);
  }

  #numbers(first: string, last: string, step: number): readonly string[] {
    const width = first.startsWith("0") && first.length > 1 ? first.length : 0;
    if (width > 0 && width !== last.length) throw this.#error("has ends of different lengths");
    const [from, to] = [Number(first), Number(last)];
    if (from > to) throw this.#error("ends before it begins");
    const count = Math.floor((to - from) / step) + 1;
    if (count > maxHosts) throw this.#error(`stands for more than ${maxHosts} hosts`);
    return Array.from({ length: count }, (_, index) => String(from + index * step).padStart(width, "0"));
  }

  #error(reason: string): KsoError {
    return new KsoError("unresolvable", `Cannot use ${this.#where}: the host range "${this.#pattern}" ${reason}`);
  }
}
