// The error of a registry that refuses: a status, and a body of errors with codes of the specification and free messages.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
import * as v from "valibot";
import { KsoError } from "../core/errors.ts";
import { printable } from "../core/quote.ts";
import { statusText } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";
import { parseJsonOrUndefined } from "./document.ts";

/** Statuses that another try would not change. 401 is left to the HTTP client, which logs in. */
const refusalStatuses: readonly number[] = [400, 403, 404, 405, 409, 411, 412, 413, 414, 415, 416, 422, 423, 451, 501];
const bodyLimit = 1 << 16;

const bodySchema = v.object({
  errors: v.array(v.object({ code: v.fallback(v.string(), ""), message: v.optional(v.fallback(v.string(), "")) })),
});

/** The refusal of a registry, or of another server that is pushed to. */
export class RegistryError extends KsoError {
  readonly status: number;
  readonly url: string;
  /** `MANIFEST_BLOB_UNKNOWN`, `NAME_INVALID`, …; none where the response has no such body. */
  readonly codes: readonly string[];
  /** What follows the colon of the message. */
  readonly reason: string;
  constructor(status: number, url: string, codes: readonly string[], reason: string) {
    super("remote", `Cannot push to ${url}: ${reason}`);
    this.status = status;
    this.url = url;
    this.codes = codes;
    this.reason = reason;
  }
}

/**
 * Sends a request whose response is to have one of these statuses.
 * @param refusals further statuses that are a refusal.
 * @throws RegistryError where the registry refuses, HttpError where it does not answer.
 */
export async function expectStatus(
  http: Http,
  request: HttpRequest,
  statuses: readonly number[],
  refusals: readonly number[] = [],
): Promise<HttpResponse> {
  const response = await http.send(request, [...refusalStatuses, ...refusals]);
  if (statuses.includes(response.status)) return response;
  throw await registryErrorOf(response);
}

async function registryErrorOf(response: HttpResponse): Promise<RegistryError> {
  const body = await response.bytes(bodyLimit).catch(() => new Uint8Array());
  const parsed = v.safeParse(bodySchema, parseJsonOrUndefined(new TextDecoder().decode(body)));
  const errors = parsed.success ? parsed.output.errors : [];
  const codes = errors.map(({ code }) => code).filter((code) => /^[A-Z][A-Z_]{1,60}$/.test(code));
  const messages = errors.map(({ message = "" }) => plainText(message)).filter((message) => message !== "");
  const reason = [statusText(response.status), ...new Set(codes), ...new Set(messages)].join(", ");
  return new RegistryError(response.status, response.url, codes, reason);
}

/** A server's text on one line, at most 200 characters long. */
function plainText(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return printable(line.length > 200 ? `${line.slice(0, 200)}…` : line);
}
