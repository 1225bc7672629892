// Parses the targets of a push: a registry, a bucket, or a web server.

import { KsoError } from "../core/errors.ts";
import { parseRegistryAddress } from "../core/registry-address.ts";
import { withoutEnds } from "../core/url.ts";
import { registryBase } from "../oci/registry.ts";
import type { PushRegistry } from "./names.ts";

/** A bucket, or the URL of a web server. */
export type FilesAddress = { readonly bucket: string; readonly prefix: string } | { readonly url: string };

/** Parses `HOST[:PORT][/PREFIX]`; `http://` stands in front of it where the registry has no TLS. @throws KsoError `usage`. */
export function parsePushRegistry(text: string): PushRegistry {
  const refuse = (reason: string): KsoError =>
    new KsoError("usage", `--registry "${text}": ${reason}; write --registry HOST[:PORT][/PREFIX]`);
  // The message does not quote the text, which may hold a password.
  if (text.includes("@"))
    throw new KsoError(
      "usage",
      "Credentials do not belong into --registry; use docker login, podman login or skopeo login",
    );
  const { scheme, host, prefix } = parseRegistryAddress(text, refuse);
  return { base: scheme ? `${scheme}://${host}` : registryBase(host), host, prefix };
}

/** Parses `s3://BUCKET[/PREFIX]`, `http://…`, `https://…`. @throws KsoError `usage`. */
export function parseFilesAddress(text: string): FilesAddress {
  const refuse = (reason: string): KsoError =>
    new KsoError("usage", `--files-to: ${reason}; write s3://BUCKET/PREFIX or https://HOST/PATH`);
  const [, bucket, prefix = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, prefix: withoutEnds(prefix, "/") };
  if (text.startsWith("s3:")) throw refuse(`"${text}" does not name a bucket`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse("it is neither an s3 nor an http address");
  if (url.search !== "" || url.hash !== "") throw refuse("an address with ? or # in it has no paths below it");
  return { url: url.href };
}
