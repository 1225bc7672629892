import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { HttpResponse } from "../http/request.ts";

/** Where a registry takes the bytes of a blob. */
export interface UploadSession {
  /** Where the next bytes go. */
  readonly url: string;
  /** Opened by an earlier run: the registry may have some of the bytes. */
  readonly resumed?: boolean;
}

/** Checks the digest that the registry says it has stored. @throws KsoError `remote` when it is another one. */
export function checkDigest(response: HttpResponse, digest: Digest): void {
  const stored = parseDigest(response.headers.get("docker-content-digest") ?? "");
  if (stored && stored !== digest)
    throw new KsoError(
      "remote",
      `Cannot push to ${response.url}: ${digest} was sent, and the registry says it has ${stored}`,
    );
}

/** The URL for the next bytes. @throws KsoError `remote` when there is none, or one without encryption after one with it. */
export function locationOf(response: HttpResponse): string {
  const text = response.headers.get("location") ?? "";
  const refuse = (reason: string): KsoError => new KsoError("remote", `Cannot push to ${response.url}: ${reason}`);
  if (text === "" || !URL.canParse(text, response.url)) throw refuse("the registry does not say where the upload goes");
  const url = new URL(text, response.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse("the upload is sent to what is not the web");
  if (url.protocol === "http:" && response.url.startsWith("https:"))
    throw refuse(
      `the upload is sent to http://${url.host}, which is not encrypted; a registry behind a proxy has to know its own address (X-Forwarded-Proto, relativeurls)`,
    );
  return url.href;
}
