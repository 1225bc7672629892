// The flags that say where a site is.
import { readFileSync } from "node:fs";
import { KsoError, messageOf } from "../core/errors.ts";
import { type Endpoints, parseFilesUrl, parseNaming, parseRegistry } from "../endpoints/endpoints.ts";
import type { Arguments, Flag } from "./options.ts";

/** Flags of every command that names a site. */
export const siteFlags: readonly Flag[] = [
  { name: "files-url", value: "URL", help: "the file server: http://HOST:8080/k8s" },
  { name: "registry-host", value: "HOST", help: "the registry: HOST:5000, https://HOST, HOST/PREFIX" },
  { name: "map", value: "NAMING", help: "strip-host (default: HOST/name) or keep-host (HOST/quay.io/name)" },
  { name: "ca", value: "FILE", help: "the site's own CA (PEM)" },
  { name: "ca-on-nodes", value: "PATH", help: "where nodes have that CA (default: /etc/ssl/certs/kso-ca.pem)" },
  { name: "credentials", value: "LIST", help: "files, registry: which ask for a name and a password" },
  { name: "insecure", help: "do not look at certificates" },
];

/** The site that the flags name. @throws KsoError `usage`. */
export function siteOf(args: Arguments): Endpoints {
  const registry = args.one("registry-host");
  if (registry === undefined) throw new KsoError("usage", "Name the registry: --registry-host HOST:5000");
  const files = args.one("files-url");
  const file = args.one("ca");
  const insecure = args.has("insecure");
  if (file !== undefined && insecure)
    throw new KsoError("usage", "--ca and --insecure contradict each other: a CA is there to be looked at");
  const path = args.one("ca-on-nodes") ?? "/etc/ssl/certs/kso-ca.pem";
  if (!/^\/[^\s"'{}]+$/.test(path)) throw new KsoError("usage", `--ca-on-nodes wants an absolute path, not "${path}"`);
  return {
    ...(files !== undefined && { files: parseFilesUrl(files) }),
    registry: parseRegistry(registry, file !== undefined || insecure),
    naming: parseNaming(args.one("map") ?? "strip-host"),
    ...(file !== undefined && { ca: { pem: pemOf(file), path } }),
    insecure,
    credentials: (args.list("credentials") ?? []).map(credential),
  };
}

function credential(text: string): "files" | "registry" {
  if (text === "files" || text === "registry") return text;
  throw new KsoError("usage", `--credentials is files, registry or both, not "${text}"`);
}

function pemOf(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (!text.includes("-----BEGIN CERTIFICATE-----"))
      throw new Error("there is no certificate in it; give a PEM file");
    return text;
  } catch (cause) {
    throw new KsoError("usage", `Cannot read ${path} (--ca): ${messageOf(cause)}`, cause);
  }
}
