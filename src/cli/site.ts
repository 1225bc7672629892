// The flags that say where a site is.
import { readFileSync } from "node:fs";
import { KsoError, messageOf } from "../core/errors.ts";
import { type Endpoints, parseFilesUrl, parseRegistryEndpoint } from "../endpoints/endpoints.ts";
import type { endpointFlags } from "./flags/commands.ts";
import type { Options } from "./flags/table.ts";

/** The site that the flags name. @throws KsoError `usage`. */
export function siteOf(options: Options<keyof typeof endpointFlags | "ca">): Endpoints {
  const registry = options.registryHost;
  if (registry === undefined) throw new KsoError("usage", "Name the registry: --registry-host HOST:5000");
  const files = options.filesUrl;
  const file = options.ca;
  const insecure = options.insecure;
  if (file !== undefined && insecure)
    throw new KsoError("usage", "--ca and --insecure contradict each other: a CA is there to be looked at");
  const path = options.caOnNodes;
  if (!/^\/[^\s"'{}]+$/.test(path)) throw new KsoError("usage", `--ca-on-nodes wants an absolute path, not "${path}"`);
  return {
    ...(files !== undefined && { files: parseFilesUrl(files) }),
    registry: parseRegistryEndpoint(registry, file !== undefined || insecure),
    naming: options.naming,
    ...(file !== undefined && { ca: { pem: pemOf(file), path } }),
    insecure,
    credentials: options.credentials,
  };
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
