// Where a registry is, as people write it, and what it calls the repositories that it holds.

import type { KsoError } from "./errors.ts";
import { isRepository, type Reference } from "./reference.ts";
import { withoutTrailing } from "./url.ts";

/** `https://harbor.example:8443/k8s`, in parts. */
export interface RegistryAddress {
  /** Absent where the address does not say it. */
  readonly scheme?: "http" | "https";
  /** With its port: `10.0.0.5:5000`. */
  readonly host: string;
  /** In front of every repository, without slashes around it; "" for none: `k8s`. */
  readonly prefix: string;
}

/**
 * Parses `[http[s]://]HOST[:PORT][/PREFIX]`.
 * @throws what `error` makes of the reason, for anything else.
 */
export function parseRegistryAddress(text: string, error: (reason: string) => KsoError): RegistryAddress {
  const [begin = "", scheme] = /^(?:(https?):\/\/)?/i.exec(text) ?? [];
  const rest = withoutTrailing(text.slice(begin.length), "/");
  const [host = "", ...path] = rest.split("/");
  const prefix = path.join("/");
  if (/^[a-z0-9+.-]+:\/\//i.test(rest)) throw error("only http and https are spoken to a registry");
  if (!/^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/.test(host))
    throw error(host === "" ? "it has no host" : `its host "${host}" cannot be one`);
  if (prefix !== "" && !isRepository(prefix)) throw error(`"${prefix}" cannot stand in front of a repository`);
  const port = portOf(host);
  if (port !== undefined && (port < 1 || port > 65_535)) throw error(`there is no port ${port}`);
  return { ...(scheme && { scheme: scheme.toLowerCase() as "http" | "https" }), host, prefix };
}

/** The port of a host, where it names one. */
export function portOf(host: string): number | undefined {
  const port = /:(\d+)$/.exec(host)?.[1];
  return port === undefined ? undefined : Number(port);
}

/**
 * How a registry names what it holds. `strip-host`: `library/nginx` of `docker.io/library/nginx`, as kubespray's own documents
 * and a plain containerd mirror ask for it. `keep-host`: `docker.io/library/nginx`. `flatten`: `library-nginx`, for registries
 * that take one level only.
 */
export const registryNamings = ["strip-host", "keep-host", "flatten"] as const;
/** The name of one of the {@link registryNamings}. */
export type RegistryNaming = (typeof registryNamings)[number];

/** A repository's name below the prefix, or an invalid name where none can be made. */
export function nameInRegistry(
  { host, repository }: Pick<Reference, "host" | "repository">,
  naming: RegistryNaming,
  prefix: string,
): string {
  const name = {
    "strip-host": repository,
    "keep-host": `${hostComponent(host)}/${repository}`,
    flatten: repository.replaceAll("/", "-"),
  }[naming];
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** A host as a part of a repository's name: a colon separates the tag, so a port cannot stand there as it is. */
export function hostComponent(host: string): string {
  return host.toLowerCase().replace(":", "-");
}
