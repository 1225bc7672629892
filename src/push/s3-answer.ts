// What object storage answers: small XML, of which a few elements count, and errors with a code.

import { statusText } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";
import { RegistryError } from "../oci/registry-error.ts";

const refusals: readonly number[] = [301, 307, 400, 401, 403, 404, 405, 409, 411, 412, 413, 416, 501];

/** @throws Refusal with S3's own code, FetchError where nothing answers. */
export async function demandS3(http: Http, asked: HttpRequest, good: readonly number[]): Promise<HttpResponse> {
  const answer = await http.send(asked, refusals);
  if (good.includes(answer.status)) return answer;
  const text = new TextDecoder().decode(await answer.bytes(1 << 16).catch(() => new Uint8Array()));
  const code = element(text, "Code") ?? "";
  const region = answer.headers.get("x-amz-bucket-region") ?? element(text, "Region");
  const codes = /^[A-Za-z]{1,60}$/.test(code) ? [code] : [];
  const elsewhere =
    region && /^[a-z0-9-]{1,40}$/.test(region) ? `the bucket is in the region ${region}; set AWS_REGION` : undefined;
  const hint =
    elsewhere ?? hints[code] ?? (answer.status === 403 && codes.length === 0 ? hints["AccessDenied"] : undefined);
  const reason = [statusText(answer.status), ...codes].join(", ") + (hint ? ` (${hint})` : "");
  throw new RegistryError(answer.status, answer.url, codes, reason);
}

const hints: Readonly<Record<string, string>> = {
  NoSuchBucket: "create the bucket first",
  InvalidAccessKeyId: "AWS_ACCESS_KEY_ID is not known there",
  SignatureDoesNotMatch: "AWS_SECRET_ACCESS_KEY is not the right one",
  RequestTimeTooSkewed: "the clock of this machine is wrong",
  AccessDenied: "the key may not do that",
  AuthorizationHeaderMalformed: "check AWS_REGION",
};

/** The text of the first such element, at whatever depth. */
export function element(xml: string, name: string): string | undefined {
  return texts(xml, name).next().value;
}

/** The inside of each such element. */
export function elements(xml: string, name: string): string[] {
  return [...texts(xml, name, false)];
}

function* texts(xml: string, name: string, plain = true): Generator<string, undefined> {
  for (const [, inside = ""] of xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g")))
    yield plain ? unescaped(inside) : inside;
  return undefined;
}

function unescaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(lt|gt|quot|apos|amp));/gi, (_, decimal, hex, name) => {
    if (name) return signs[name.toLowerCase()] ?? "";
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}
