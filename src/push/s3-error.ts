// Errors of object storage: a status, and a code that says what is wrong.
import { statusText } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";
import { RegistryError } from "../oci/registry-error.ts";
import { parseS3Error } from "./s3-xml.ts";

/** Statuses that another try would not change. */
const refusalStatuses: readonly number[] = [301, 307, 400, 401, 403, 404, 405, 409, 411, 412, 413, 416, 501];
const bodyLimit = 1 << 16;

/**
 * Sends a request whose response is to have one of these statuses.
 * @throws RegistryError with S3's own code, HttpError where nothing responds.
 */
export async function expectS3Status(
  http: Http,
  request: HttpRequest,
  statuses: readonly number[],
): Promise<HttpResponse> {
  const response = await http.send(request, refusalStatuses);
  if (statuses.includes(response.status)) return response;
  const xml = new TextDecoder().decode(await response.bytes(bodyLimit).catch(() => new Uint8Array()));
  const error = parseS3Error(xml);
  const code = error?.code ?? "";
  const codes = /^[A-Za-z]{1,60}$/.test(code) ? [code] : [];
  const region = response.headers.get("x-amz-bucket-region") ?? error?.region;
  const hint = regionHint(region) ?? hints[codes[0] ?? (response.status === 403 ? "AccessDenied" : "")];
  const reason = [statusText(response.status), ...codes].join(", ") + (hint ? ` (${hint})` : "");
  throw new RegistryError(response.status, response.url, codes, reason);
}

function regionHint(region: string | undefined): string | undefined {
  if (!region || !/^[a-z0-9-]{1,40}$/.test(region)) return undefined;
  return `the bucket is in the region ${region}; set AWS_REGION`;
}

const hints: Readonly<Record<string, string>> = {
  NoSuchBucket: "create the bucket first",
  InvalidAccessKeyId: "AWS_ACCESS_KEY_ID is not known there",
  SignatureDoesNotMatch: "AWS_SECRET_ACCESS_KEY is not the right one",
  RequestTimeTooSkewed: "the clock of this machine is wrong",
  AccessDenied: "the key may not do that",
  AuthorizationHeaderMalformed: "check AWS_REGION",
};
