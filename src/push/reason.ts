// Why something could not be pushed, in words; what could not be pushed stands elsewhere.
import { messageOf } from "../core/errors.ts";
import { FetchError, reasonOf } from "../http/failure.ts";
import { Refusal } from "../oci/registry-error.ts";

/** The reason alone. */
export function reasonFor(cause: unknown): string {
  if (cause instanceof Refusal) return cause.reason;
  if (cause instanceof FetchError) return reasonOf(cause);
  return messageOf(cause);
}
