// Pairs what was with what is, where both go by one name.

/** What was, and what is; at least one of them is there. */
export interface Pair<T> {
  readonly from?: T;
  readonly to?: T;
}

/** Those that are the same first, in the second list's order; what is left over is paired in order. */
export function pairUp<T>(before: readonly T[], after: readonly T[], same: (a: T, b: T) => boolean): Pair<T>[] {
  const old = [...before];
  const unmatched: T[] = [];
  const pairs: Pair<T>[] = [];
  for (const to of after) {
    const at = old.findIndex((from) => same(from, to));
    const [from] = at < 0 ? [] : old.splice(at, 1);
    if (from === undefined) unmatched.push(to);
    else pairs.push({ from, to });
  }
  for (const to of unmatched) {
    const from = old.shift();
    pairs.push(from === undefined ? { to } : { from, to });
  }
  return [...pairs, ...old.map((from) => ({ from }))];
}
