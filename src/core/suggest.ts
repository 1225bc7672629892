// "Did you mean …?" for whatever a person may misspell.
import { closest, distance } from "fastest-levenshtein";

/** `: did you mean "calico"?`, or nothing when no candidate is near enough. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0 || word === "") return "";
  const near = closest(word.toLowerCase(), [...candidates]);
  // A third of the word may be wrong; beyond that a guess confuses more than it helps.
  return distance(word.toLowerCase(), near) <= Math.max(2, Math.floor(word.length / 3))
    ? `: did you mean "${near}"?`
    : "";
}
