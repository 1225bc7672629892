// Why something could not be pushed, in words; what could not be pushed stands elsewhere.
import { messageOf } from "../core/errors.ts";
import { HttpError, reasonOf } from "../http/error.ts";
import { RegistryError } from "../oci/registry-error.ts";

/** The reason alone. */
export function pushReason(cause: unknown): string {
  if (cause instanceof RegistryError) return cause.reason;
  if (cause instanceof HttpError) return reasonOf(cause);
  return messageOf(cause);
}
