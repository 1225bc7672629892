// Why something could not be pushed, without its name: messages name it themselves.
import { messageOf } from "../core/errors.ts";
import { HttpError, reasonOf, tlsAdvice } from "../http/error.ts";
import { RegistryError } from "../oci/registry-error.ts";

/** The reason of a failed push. */
export function pushReason(cause: unknown): string {
  if (cause instanceof RegistryError) return cause.reason;
  if (cause instanceof HttpError) return reasonOf(cause);
  return messageOf(cause);
}

/** What to do about a push that failed before anything was sent, for the end of a message; mostly empty. */
export function pushAdvice(cause: unknown): string {
  // A server that names a code has understood the request.
  const isUnderstood = cause instanceof RegistryError && cause.codes.length > 0;
  const isAnswer = cause instanceof HttpError || cause instanceof RegistryError;
  return isAnswer && !isUnderstood ? tlsAdvice(cause.url, cause.status, pushReason(cause)) : "";
}
