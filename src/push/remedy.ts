// What to do about an image or a file that could not be pushed. Running the same command again is said only where it can help.
import { KsoError } from "../core/errors.ts";
import { HttpError } from "../http/error.ts";
import { RegistryError } from "../oci/registry-error.ts";
import type { PushFailure } from "./options.ts";
import { pushReason } from "./reason.ts";

/** The failure of an image or a file, as the result has it. */
export function pushFailure(item: string, target: string, cause: unknown): PushFailure {
  const remedy = remedyOf(cause);
  return { item, target, cause: pushReason(cause), ...(remedy !== undefined && { remedy }) };
}

/** For failures that another try may not have. */
const again = "run the same command again to go on";

/** What Harbor says (2.15) → what to do about it. Each is a rule that somebody set. */
const refusals: readonly (readonly [said: RegExp, remedy: string])[] = [
  [
    /exceed the configured upper limit/i,
    "the quota of the project is used up: raise it (Harbor: Project Quotas), or push into another project",
  ],
  [
    /configured as immutable/i,
    "the project keeps tags as they are, and there they name another image: change that rule (Harbor: Policy, Tag Immutability), or push into another project",
  ],
  [
    /system is in read only mode/i,
    "the registry is read-only until an administrator ends that (Harbor: Configuration, System Settings)",
  ],
  [
    /to a proxy project/i,
    "that project is a cache of another registry, which nobody can push to: name another project",
  ],
];

/** What to do about a failure; undefined where its reason says all there is. */
export function remedyOf(cause: unknown): string | undefined {
  if (cause instanceof RegistryError) return refusals.find(([said]) => said.test(cause.reason))?.[1];
  if (cause instanceof HttpError) return mayPass(cause.status) ? again : undefined;
  // Given up after many failures, or said in other words: the first cause decides.
  if (cause instanceof KsoError && cause.cause !== undefined) return remedyOf(cause.cause);
  return cause instanceof KsoError && cause.code !== "remote" ? undefined : again;
}

function mayPass(status: number | undefined): boolean {
  return status === undefined || status >= 500 || status === 408 || status === 429;
}
