// What a registry says when it does not want something: a status, and a body of errors with closed codes and free words.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
import * as v from "valibot";
import { KsoError } from "../core/errors.ts";
import { statusText } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";

/** Answers that are not worth another try as they are. 401 is the network layer's: it logs in. */
const refusals: readonly number[] = [400, 403, 404, 405, 409, 411, 412, 413, 414, 415, 416, 422, 423, 451, 501];
const bodyLimit = 1 << 16;

const errors = v.object({
  errors: v.array(v.object({ code: v.fallback(v.string(), ""), message: v.optional(v.fallback(v.string(), "")) })),
});

/** A registry refused. */
export class RegistryError extends KsoError {
  readonly status: number;
  /** `MANIFEST_BLOB_UNKNOWN`, `NAME_INVALID`, …; none where the answer has no such body. */
  readonly codes: readonly string[];
  /** What follows the colon of the message. */
  readonly reason: string;
  constructor(status: number, url: string, codes: readonly string[], reason: string) {
    super("remote", `Cannot push to ${url}: ${reason}`);
    this.status = status;
    this.codes = codes;
    this.reason = reason;
  }
}

/**
 * Sends what is to have one of these statuses.
 * @throws Refusal where the registry says no, FetchError where it does not answer.
 */
export async function expectStatus(
  http: Http,
  asked: HttpRequest,
  good: readonly number[],
  /** Statuses that are a refusal too, this time. */
  also: readonly number[] = [],
): Promise<HttpResponse> {
  const answer = await http.send(asked, [...refusals, ...also]);
  if (good.includes(answer.status)) return answer;
  throw await refusalOf(answer);
}

async function refusalOf(answer: HttpResponse): Promise<RegistryError> {
  const body = await answer.bytes(bodyLimit).catch(() => new Uint8Array());
  const said = v.safeParse(errors, parse(new TextDecoder().decode(body)));
  const listed = said.success ? said.output.errors : [];
  const codes = listed.map(({ code }) => code).filter((code) => /^[A-Z][A-Z_]{1,60}$/.test(code));
  const words = listed.map(({ message = "" }) => plain(message)).filter((word) => word !== "");
  const reason = [statusText(answer.status), ...new Set(codes), ...new Set(words)].join(", ");
  return new RegistryError(answer.status, answer.url, codes, reason);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Somebody else's words, fit for a terminal. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}
