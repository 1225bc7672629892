// Where a push goes: flags and the environment become a registry, a bucket or a web server.
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { KsoError } from "../core/errors.ts";
import { isRepository } from "../core/reference.ts";
import { readExtents } from "../files/extents.ts";
import { registryBase } from "../oci/registry.ts";
import { readAwsOptions } from "../push/aws-credentials.ts";
import { pushFiles } from "../push/files.ts";
import { pushImages } from "../push/images.ts";
import type { PushRegistry } from "../push/names.ts";
import type { PushContext, PushResult } from "../push/options.ts";
import { S3Target } from "../push/s3.ts";
import { openUploadSessions } from "../push/upload-sessions.ts";
import { WebDavTarget } from "../push/webdav.ts";
import { startHashing } from "../store/hashing.ts";
import { credentialsHere, networkOf, storePath } from "./environment.ts";
import type { Options } from "./flags/table.ts";

/** The flags of a push, but for its targets. */
export type PushOptions = Options<"index" | "mapping" | "s3Endpoint" | "ca">;

/** `HOST[:PORT][/PREFIX]`; `http://` in front of it where the registry has no TLS. @throws KsoError `usage`. */
export function registryOf(text: string): PushRegistry {
  const wrong = (why: string): KsoError =>
    new KsoError("usage", `--registry "${text}": ${why}; write --registry HOST[:PORT][/PREFIX]`);
  // Without repeating them.
  if (text.includes("@"))
    throw new KsoError(
      "usage",
      "Credentials do not belong into --registry; use docker login, podman login or skopeo login",
    );
  const scheme = /^https?:\/\//i.exec(text)?.[0].toLowerCase();
  const bare = text.slice(scheme?.length ?? 0).replace(/\/+$/, "");
  const [host = "", ...rest] = bare.split("/");
  const prefix = rest.join("/");
  if (/^[a-z0-9+.-]+:\/\//i.test(bare)) throw wrong("only http and https are spoken to a registry");
  if (host.includes("@"))
    throw wrong("credentials do not belong there; use docker login, podman login or skopeo login");
  if (!URL.canParse(`https://${host}`) || new URL(`https://${host}`).host === "")
    throw wrong(`"${host}" is not a host`);
  if (prefix !== "" && !isRepository(prefix)) throw wrong(`"${prefix}" cannot stand in the name of a repository`);
  return { base: scheme ? `${scheme}${host}` : registryBase(host), host, prefix };
}

/** Images into a registry. */
export async function toRegistry(options: PushOptions, address: PushRegistry, means: PushContext): Promise<PushResult> {
  const { http } = networkOf(options, means.jobs, means.signal);
  const name = createHash("sha256").update(address.base).digest("hex").slice(0, 16);
  return await pushImages({
    ...means,
    ...{ address, http, trim: options.index === "trim" },
    mapping: options.mapping ?? "strip-host",
    credentials: credentialsHere(),
    sessions: openUploadSessions(join(storePath({}), "uploads", `${name}.json`)),
  });
}

/** An `s3://` or `http(s)://` address, checked. */
export type FilesTo = { readonly bucket: string; readonly prefix: string } | { readonly url: string };

/** `s3://BUCKET[/PREFIX]`, `http://…`, `https://…`. @throws KsoError `usage`. */
export function filesToOf(text: string): FilesTo {
  const wrong = (why: string): KsoError =>
    new KsoError("usage", `--files-to: ${why}; write s3://BUCKET/PREFIX or https://HOST/PATH`);
  const [, bucket, prefix = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, prefix: prefix.replace(/^\/+|\/+$/g, "") };
  if (text.startsWith("s3:")) throw wrong(`"${text}" does not name a bucket`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong("it is neither an s3 nor an http address");
  if (url.search !== "" || url.hash !== "") throw wrong("an address with ? or # in it has no paths below it");
  return { url: url.href };
}

/** Files into object storage, or to a web server. */
export async function toFiles(options: PushOptions, to: FilesTo, means: PushContext): Promise<PushResult> {
  const { http } = networkOf(options, means.jobs, means.signal);
  const target =
    "url" in to
      ? new WebDavTarget(http, to.url, means.signal)
      : new S3Target(
          http,
          { ...to, ...readAwsOptions({ env: process.env, home: homedir(), endpoint: options.s3Endpoint }) },
          means.signal,
        );
  const hashing = startHashing(1);
  try {
    return await pushFiles({
      ...means,
      target,
      async hash(extents, algorithm) {
        if (algorithm === "sha256") return (await hashing.digest(extents)).slice("sha256:".length);
        const hash = createHash(algorithm);
        for await (const piece of readExtents(extents)) hash.update(piece);
        return hash.digest("hex");
      },
    });
  } finally {
    await hashing.close();
  }
}
