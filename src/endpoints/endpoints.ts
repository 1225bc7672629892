// The endpoints, where a cluster inside the gap finds a bundle: a file server and a registry. Their addresses, and the names
// of the bundle's files and images at them.

import { KsoError } from "../core/errors.ts";
import { parseReference } from "../core/reference.ts";
import {
  hostComponent,
  nameInRegistry,
  parseRegistryAddress,
  portOf,
  type RegistryAddress,
  type RegistryNaming,
} from "../core/registry-address.ts";
import { withoutTrailing } from "../core/url.ts";

/** The namings of a registry that a mirror file can express: `registry.k8s.io/pause`, or `pause`. */
export type EndpointNaming = Exclude<RegistryNaming, "flatten">;

const namings: readonly EndpointNaming[] = ["strip-host", "keep-host"];

/** A registry inside the gap. */
export type RegistryEndpoint = Required<RegistryAddress>;

/** Where a bundle is served. */
export interface Endpoints {
  /** The URL below which files lie as `<origin host>/<path>`, without a slash at its end. */
  readonly files?: string;
  readonly registry: RegistryEndpoint;
  readonly naming: EndpointNaming;
  /** A private CA: its certificates (PEM), and where they lie on the nodes. */
  readonly ca?: { readonly pem: string; readonly path: string };
  /** Certificates are not verified; only with --insecure. */
  readonly insecure: boolean;
  /** Which of the two need a name and a password. */
  readonly credentials: readonly ("files" | "registry")[];
}

/** Endpoints of which the file server's address is known. */
export type CompleteEndpoints = Endpoints & { readonly files: string };

/** Parses the value of `--map`. @throws KsoError `usage` for a naming that no mirror file can express. */
export function parseEndpointNaming(text: string): EndpointNaming {
  const naming = namings.find((other) => other === text);
  if (naming) return naming;
  if (text === "flatten")
    throw new KsoError(
      "usage",
      "Cannot configure for --map flatten: neither kubespray nor a mirror file can say it; push with strip-host or keep-host",
    );
  throw new KsoError("usage", `--map is ${namings.join(" or ")}, not "${text}"`);
}

/**
 * Parses `http://10.0.0.5:8080/k8s`.
 * @throws KsoError `usage` for anything but a plain http or https URL.
 */
export function parseFilesUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || /[\s{}"]/.test(text))
    throw new KsoError(
      "usage",
      `"${text}" is not the address of a file server; write --files-url http://HOST:8080/k8s`,
    );
  if (url.username || url.password)
    throw new KsoError(
      "usage",
      "Cannot write a password into a file: leave it out of --files-url, and add --credentials files",
    );
  return withoutTrailing(url.href, "/");
}

/**
 * Parses `10.0.0.5:5000`, `https://harbor.example/k8s`. Without a scheme it is https if `encrypted`, without a port, or with a
 * port that ends in 443; with any other port it is http, as kso's server and a registry without configuration are.
 * @throws KsoError `usage`.
 */
export function parseRegistryEndpoint(text: string, encrypted: boolean): RegistryEndpoint {
  const error = (reason: string): KsoError =>
    new KsoError("usage", `"${text}" is not the address of a registry: ${reason}; write --registry-host HOST:5000`);
  if (text.includes("@")) throw error("a password has no place in it (see --credentials)");
  const { scheme, host, prefix } = parseRegistryAddress(text, error);
  const port = portOf(host);
  const assumed = encrypted || port === undefined || String(port).endsWith("443") ? "https" : "http";
  return { scheme: scheme ?? assumed, host, prefix };
}

/** `http://10.0.0.5:5000`. */
export function registryUrl({ scheme, host }: RegistryEndpoint): string {
  return `${scheme}://${host}`;
}

/** The prefix of the repositories of a host that images come from: `k8s/quay.io`; "" for none. */
export function prefixFor({ registry, naming }: Endpoints, origin: string): string {
  const host = naming === "keep-host" ? hostComponent(origin) : "";
  return [registry.prefix, host].filter(Boolean).join("/");
}

/** The repository of an image of the bundle: `quay.io/calico/node:v3` → `k8s/quay.io/calico/node`. */
export function repositoryAt({ registry, naming }: Endpoints, image: string): string {
  return nameInRegistry(parseReference(image), naming, registry.prefix);
}

/** The URL of a file of the bundle, by the URL of its origin. */
export function fileAt(files: string, url: string): string {
  return url.replace(/^https?:\//, files);
}

/** The hosts that images come from, sorted. */
export function registryHosts(images: readonly { readonly image: string }[]): string[] {
  return [...new Set(images.map(({ image }) => parseReference(image).host))].sort();
}
