// The error bodies of the OCI distribution specification, section "Error codes".

import { textResponse } from "../handler.ts";

type RegistryErrorCode =
  | "BLOB_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "PAGINATION_NUMBER_INVALID"
  | "UNAUTHORIZED"
  | "UNSUPPORTED";

const statuses: Readonly<Record<RegistryErrorCode, number>> = {
  BLOB_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
};

/** The header by which clients recognise a registry. */
export const registryHeaders: Readonly<Record<string, string>> = { "docker-distribution-api-version": "registry/2.0" };

/** A response with one error of the specification. */
export function registryError(code: RegistryErrorCode, message: string, detail?: unknown): Response {
  const body = { errors: [{ code, message, ...(detail !== undefined && { detail }) }] };
  return registryJson(body, { ...(code === "UNSUPPORTED" && { allow: "GET, HEAD" }) }, statuses[code]);
}

/** A JSON response of the registry API. */
export function registryJson(value: unknown, headers: Record<string, string> = {}, status = 200): Response {
  return textResponse(`${JSON.stringify(value)}\n`, status, {
    "content-type": "application/json",
    ...registryHeaders,
    ...headers,
  });
}
