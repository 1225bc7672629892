// "Did you mean …?" for whatever a person may misspell.
import { distance } from "fastest-levenshtein";

/** `: did you mean "calico"?`, or nothing when no candidate is near enough. `prefix`: what is written before each: `--`. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ""): string {
  const typed = word.toLowerCase();
  if (typed === "") return "";
  // The beginning of a name says which, and of versions the newest stands first: 2.31 is 2.31.0.
  const longer = candidates.find((candidate) => candidate.startsWith(`${typed}.`) || candidate.startsWith(`${typed}-`));
  if (longer !== undefined) return `: did you mean "${prefix}${longer}"?`;
  let near = { candidate: "", mistakes: Number.POSITIVE_INFINITY };
  for (const candidate of candidates) {
    const mistakes = mistakesBetween(typed, candidate);
    if (mistakes < near.mistakes) near = { candidate, mistakes };
  }
  // A third of the word may be wrong, and one letter of a short one; beyond that a guess confuses more than it helps.
  const isNear = near.mistakes <= Math.max(1, Math.floor(typed.length / 3));
  // The same word is no suggestion: whoever typed it in another place is told nothing by it.
  return isNear && near.candidate !== word ? `: did you mean "${prefix}${near.candidate}"?` : "";
}

/** The nearest name alone; where none is near, all names that there are: `; there are: calico, cilium`. */
export function nearestOrAll(
  word: string,
  candidates: readonly string[],
  names: readonly string[] = candidates,
): string {
  return didYouMean(word, candidates) || `; there are: ${[...new Set(names)].join(", ")}`;
}

/** Letters that differ; two neighbours in the wrong order are one mistake. */
function mistakesBetween(word: string, candidate: string): number {
  for (let at = 0; at < word.length - 1; at++) {
    const swapped = word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
    if (swapped === candidate) return 1;
  }
  return distance(word, candidate);
}
