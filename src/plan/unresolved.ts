// What cannot be evaluated, in a plan: described for people, let through by name, or the end of the job.
import type { Unresolved } from "../core/plan.ts";

/** Something that cannot be evaluated, before the selection has decided about its component. */
export interface UnresolvedCandidate {
  readonly item: Unresolved;
  /** Whether it goes in where no flag names its component. */
  readonly isDefault: boolean;
}

/** `helm for linux/amd64 and linux/arm64: its url ("{{ helm_download_url }}") cannot be evaluated: 'site' is undefined`. */
export function describeUnresolved({ name, platforms, field, expression, reason }: Unresolved): string {
  const subject = field === "" ? "it" : `its ${field}`;
  const written = expression === "" ? "" : ` ("${expression}")`;
  return `${name} for ${platforms.join(" and ")}: ${subject}${written} cannot be evaluated: ${reason}`;
}
