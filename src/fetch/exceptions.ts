// Exceptions that users allow by name have to name something of the plan: a misspelt one would let nothing through.
import { KsoError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { didYouMean } from "../core/suggest.ts";
import { type FetchOptions, namesOf } from "./options.ts";

/**
 * Checks the names of `--allow-missing`, `--allow-arch-mismatch` and `--accept-digest`.
 * @throws KsoError `usage` for the first that nothing of the plan has.
 */
export function assertExceptionNames(
  { artifacts, components, unavailable }: Plan,
  { allowMissing, allowMismatch, accept }: Pick<FetchOptions, "allowMissing" | "allowMismatch" | "accept">,
): void {
  const known = new Set([
    ...artifacts.flatMap(namesOf),
    ...components.map(({ component }) => component),
    ...unavailable.flatMap(({ name, locator }) => [name, locator]),
  ]);
  const exceptions = [
    ["allow-missing", allowMissing],
    ["allow-arch-mismatch", allowMismatch],
    ["accept-digest", [...accept.keys()]],
  ] as const;
  for (const [flag, names] of exceptions)
    for (const name of names)
      if (!known.has(name))
        throw new KsoError(
          "usage",
          `--${flag} ${name}: nothing in the plan has that name${didYouMean(name, [...known])}; take a name of failures.json, or of kso resolve`,
        );
}
