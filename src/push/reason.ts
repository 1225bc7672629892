// Why something could not be pushed, without its name: messages name it themselves.
import { messageOf } from "../core/errors.ts";
import { HttpError, reasonOf } from "../http/error.ts";
import { RegistryError } from "../oci/registry-error.ts";

/** The reason of a failed push. */
export function pushReason(cause: unknown): string {
  if (cause instanceof RegistryError) return cause.reason;
  if (cause instanceof HttpError) return reasonOf(cause);
  return messageOf(cause);
}
