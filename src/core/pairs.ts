// Pairs what was with what is, where both go by one name.

/** What was, and what is; at least one of them is there. */
export interface Pair<T> {
  readonly from?: T;
  readonly to?: T;
}

/**
 * Pairs each item of `after` with an item of `before` that is the same, in the order of `after`. What is left over on both sides is
 * paired in order, and then stands alone.
 */
export function pairUp<T>(before: readonly T[], after: readonly T[], same: (a: T, b: T) => boolean): Pair<T>[] {
  const unpaired = [...before];
  const unmatched: T[] = [];
  const pairs: Pair<T>[] = [];
  for (const to of after) {
    const index = unpaired.findIndex((from) => same(from, to));
    const [from] = index < 0 ? [] : unpaired.splice(index, 1);
    if (from === undefined) unmatched.push(to);
    else pairs.push({ from, to });
  }
  for (const to of unmatched) {
    const from = unpaired.shift();
    pairs.push(from === undefined ? { to } : { from, to });
  }
  return [...pairs, ...unpaired.map((from) => ({ from }))];
}
