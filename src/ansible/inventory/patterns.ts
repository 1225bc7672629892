// Host names in inventories: `node[1:3].example`, `db-[a:f]`, `node1:2222`.
import { KsoError } from "../../core/errors.ts";

/** Hosts that one pattern may stand for. */
const most = 10_000;
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The names that a pattern stands for. @throws KsoError `unresolvable` naming `where` for a range that is none. */
export function expandHostPattern(pattern: string, where: string): readonly string[] {
  // A port belongs to the connection; an IPv6 address has more than one colon.
  const [, host = pattern] = /^([^:]*(?:\[[^\]]*\][^:]*)*):\d+$/.exec(pattern) ?? [];
  const names = expand(host, where, most);
  return names;
}

function expand(pattern: string, where: string, left: number): readonly string[] {
  const [, head = "", range = "", tail = ""] = /^([^[]*)\[([^\]]*:[^\]]*)\](.*)$/.exec(pattern) ?? [];
  if (range === "") return [pattern];
  const inner = expand(tail, where, left);
  const values = valuesOf(range, pattern, where);
  if (values.length * inner.length > left)
    throw new KsoError("unresolvable", `Cannot use ${where}: "${pattern}" stands for more than ${left} hosts`);
  return values.flatMap((value) => inner.map((rest) => head + value + rest));
}

function valuesOf(range: string, pattern: string, where: string): readonly string[] {
  const bad = (reason: string): KsoError =>
    new KsoError("unresolvable", `Cannot use ${where}: the host range "${pattern}" ${reason}`);
  const [first = "", last = "", by = "1", ...more] = range.split(":");
  const begin = first === "" ? "0" : first;
  if (more.length > 0 || !/^[1-9]\d{0,5}$/.test(by)) throw bad("is no [first:last] or [first:last:step]");
  if (last === "") throw bad("has no end");
  const step = Number(by);
  if (/^[a-zA-Z]$/.test(begin) && /^[a-zA-Z]$/.test(last)) {
    const [from, to] = [letters.indexOf(begin), letters.indexOf(last)];
    if (from > to) throw bad("ends before it begins");
    return [...letters.slice(from, to + 1)].filter((_, index) => index % step === 0);
  }
  if (!/^\d{1,9}$/.test(begin) || !/^\d{1,9}$/.test(last)) throw bad("is neither of numbers nor of letters");
  const width = begin.startsWith("0") && begin.length > 1 ? begin.length : 0;
  if (width > 0 && width !== last.length) throw bad("has ends of different lengths");
  const [from, to] = [Number(begin), Number(last)];
  if (from > to) throw bad("ends before it begins");
  const count = Math.floor((to - from) / step) + 1;
  if (count > most) throw bad(`stands for more than ${most} hosts`);
  return Array.from({ length: count }, (_, index) => String(from + index * step).padStart(width, "0"));
}
