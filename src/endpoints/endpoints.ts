// A site is the isolated side as a cluster sees it: a file server and a registry that hold a bundle. In travel the addresses
// as people write them, and names as the bundle has them; out travel the names under which the site has the same things.
import { KsoError } from "../core/errors.ts";
import { isRepository, parseReference } from "../core/reference.ts";

/** How a registry names what it holds: `registry.k8s.io/pause`, or `pause`. */
const namings = ["strip-host", "keep-host"] as const;
export type Naming = (typeof namings)[number];

export interface RegistryAddress {
  readonly scheme: "http" | "https";
  /** With its port: `10.0.0.5:5000`. */
  readonly host: string;
  /** In front of every repository, without slashes around it; "" for none: `k8s`. */
  readonly prefix: string;
}

export interface Endpoints {
  /** The URL below which files lie as `<origin host>/<path>`, without a slash at its end. */
  readonly files?: string;
  readonly registry: RegistryAddress;
  readonly naming: Naming;
  /** A private CA: its certificates (PEM), and where they lie on the nodes. */
  readonly ca?: { readonly pem: string; readonly path: string };
  /** Certificates are not looked at: only ever because somebody asked for it. */
  readonly insecure: boolean;
  /** Which of both ask for a name and a password. */
  readonly credentials: readonly ("files" | "registry")[];
}

/** @throws KsoError `usage`. */
export function parseNaming(text: string): Naming {
  const found = namings.find((naming) => naming === text);
  if (found) return found;
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
  return url.href.replace(/\/+$/, "");
}

/**
 * Parses `10.0.0.5:5000`, `https://harbor.example/k8s`. Without a scheme it is https where `encrypted` says so, where there is no
 * port, and where the port ends in 443; any other port speaks http, as kso's own server and an unconfigured registry do.
 * @throws KsoError `usage`.
 */
export function parseRegistry(text: string, encrypted: boolean): RegistryAddress {
  const wrong = (why: string): KsoError =>
    new KsoError("usage", `"${text}" is not the address of a registry: ${why}; write --registry-host HOST:5000`);
  const [, scheme, rest = ""] = /^(?:(https?):\/\/)?(.*?)\/*$/.exec(text) ?? [];
  if (rest.includes("@")) throw wrong("a password has no place in it (see --credentials)");
  const slash = rest.indexOf("/");
  const host = slash < 0 ? rest : rest.slice(0, slash);
  const prefix = slash < 0 ? "" : rest.slice(slash + 1);
  if (!/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/.test(host))
    throw wrong(host === "" ? "it has no host" : `its host "${host}" cannot be one`);
  if (prefix !== "" && !isRepository(prefix)) throw wrong(`"${prefix}" cannot stand in front of a repository`);
  const port = /:(\d+)$/.exec(host)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) throw wrong(`there is no port ${port}`);
  const guess = encrypted || port === undefined || port.endsWith("443") ? "https" : "http";
  return { scheme: (scheme as "http" | "https" | undefined) ?? guess, host, prefix };
}

/** `http://10.0.0.5:5000`. */
export function registryUrl({ scheme, host }: RegistryAddress): string {
  return `${scheme}://${host}`;
}

/** Where images of an origin lie in the registry, "" for its root: `k8s/quay.io`. */
export function prefixFor({ registry, naming }: Endpoints, origin: string): string {
  // A port has no place in a repository's name.
  const host = naming === "keep-host" ? origin.toLowerCase().replace(":", "-") : "";
  return [registry.prefix, host].filter(Boolean).join("/");
}

/** The repository of an image of the bundle: `quay.io/calico/node:v3` → `k8s/quay.io/calico/node`. */
export function repositoryAt(site: Endpoints, image: string): string {
  const { host, repository } = parseReference(image);
  return [prefixFor(site, host), repository].filter(Boolean).join("/");
}

/** The URL of a file of the bundle, by the URL of its origin. */
export function fileAt(files: string, url: string): string {
  return url.replace(/^https?:\//, files);
}

/** The hosts that images come from, sorted. */
export function registryHosts(images: readonly { readonly image: string }[]): string[] {
  return [...new Set(images.map(({ image }) => parseReference(image).host))].sort();
}
