// An upload session: where a registry takes the bytes of a blob, and what it says about them.
import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { HttpResponse } from "../http/request.ts";

export interface UploadSession {
  /** Where the next bytes go. */
  readonly url: string;
  /** It is of an earlier run: some bytes may be there. */
  readonly resumed?: boolean;
}

/** @throws KsoError `remote` when the registry says that it has stored something else. */
export function checkDigest(answer: HttpResponse, digest: Digest): void {
  const said = parseDigest(answer.headers.get("docker-content-digest") ?? "");
  if (said && said !== digest)
    throw new KsoError(
      "remote",
      `Cannot push to ${answer.url}: ${digest} was sent, and the registry says it has ${said}`,
    );
}

/** Where the upload goes on. @throws KsoError `remote` when there is no such address, or one that would give bytes away. */
export function locationOf(answer: HttpResponse): string {
  const text = answer.headers.get("location") ?? "";
  const refuse = (why: string): KsoError => new KsoError("remote", `Cannot push to ${answer.url}: ${why}`);
  if (text === "" || !URL.canParse(text, answer.url)) throw refuse("the registry does not say where the upload goes");
  const url = new URL(text, answer.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse("the upload is sent to what is not the web");
  if (url.protocol === "http:" && answer.url.startsWith("https:"))
    throw refuse(
      `the upload is sent to http://${url.host}, which is not encrypted; a registry behind a proxy has to know its own address (X-Forwarded-Proto, relativeurls)`,
    );
  return url.href;
}
