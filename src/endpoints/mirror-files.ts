// Mirror files: with them nodes use the images' names at their origins. containerd, Docker, and CRI-O (with Podman and skopeo)
// each read them from another directory.
import { type Endpoints, registryUrl } from "./endpoints.ts";
import { mirrorLocation, mirrorUrl } from "./engines.ts";

/** One text file; its path is relative to the directory that the program reads. */
export interface ConfigFile {
  readonly path: string;
  readonly content: string;
}

/** The directory that each program reads, on a node. */
export const configDirectories = {
  containerd: "/etc/containerd/certs.d",
  docker: "/etc/docker",
  crio: "/etc/containers",
} as const;

/**
 * For `/etc/containerd/certs.d` (https://github.com/containerd/containerd/blob/main/docs/hosts.md). The only server is the
 * registry of the endpoints, so that what it lacks is not requested from the origin.
 * @param all every other host too
 */
export function containerdFiles(endpoints: Endpoints, origins: readonly string[], all: boolean): ConfigFile[] {
  const { host: registry } = endpoints.registry;
  const hosts = [registry, ...origins.filter((origin) => origin !== registry)];
  const root = registryUrl(endpoints.registry);
  return [
    ...hosts.flatMap((host) => hostFiles(endpoints, host, host === registry ? root : mirrorUrl(endpoints, host))),
    // kso's server reads the origin from the query that containerd adds (?ns=).
    ...(all ? hostFiles(endpoints, "_default", root) : []),
  ];
}

function hostFiles(endpoints: Endpoints, host: string, address: string): ConfigFile[] {
  const root = registryUrl(endpoints.registry);
  const trust = [...(endpoints.ca ? [`ca = "ca.crt"`] : []), ...(endpoints.insecure ? ["skip_verify = true"] : [])];
  const indented = (line: string): string => `  ${line}`;
  const lines = [
    `# ${host === "_default" ? "Every other registry" : host}, answered by ${endpoints.registry.host}; written by kso`,
    // Used after the host below, in place of the origin. containerd 1.x ignores a file without a host.
    `server = ${quoted(root)}`,
    ...trust,
    "",
    `[host.${quoted(address)}]`,
    ...[`capabilities = ["pull", "resolve"]`, ...(address === root ? [] : ["override_path = true"]), ...trust].map(
      indented,
    ),
    ...(endpoints.credentials.includes("registry")
      ? [
          `# [host.${quoted(address)}.header]`,
          `#   Authorization = ["Basic …"]  # base64 of NAME:PASSWORD; keep this file from others' eyes`,
        ]
      : []),
  ];
  return [{ path: `${host}/hosts.toml`, content: joinLines(lines) }, ...caFiles(endpoints, host, "ca.crt")];
}

/** For `/etc/docker`: a mirror of docker.io, which is all that Docker has. */
export function dockerFiles(endpoints: Endpoints): ConfigFile[] {
  const { host, prefix, scheme } = endpoints.registry;
  const settings = {
    // A mirror of Docker cannot have a path.
    ...(prefix === "" && { "registry-mirrors": [registryUrl(endpoints.registry)] }),
    ...((endpoints.insecure || scheme === "http") && { "insecure-registries": [host] }),
  };
  return [
    { path: "daemon.json", content: `${JSON.stringify(settings, null, 2)}\n` },
    ...caFiles(endpoints, `certs.d/${host}`, "ca.crt"),
  ];
}

/** For `/etc/containers` (containers-registries.conf(5), containers-certs.d(5)): names are rewritten before any request. */
export function crioFiles(endpoints: Endpoints, origins: readonly string[]): ConfigFile[] {
  const { host, scheme } = endpoints.registry;
  const entry = (prefix: string, location: string): string[] => [
    "",
    "[[registry]]",
    `prefix = ${quoted(prefix)}`,
    `location = ${quoted(location)}`,
    ...(endpoints.insecure || scheme === "http" ? ["insecure = true"] : []),
  ];
  const others = origins.filter((origin) => origin !== host);
  const lines = [
    `# Registries answered by ${host}; written by kso`,
    ...entry(host, host),
    ...others.flatMap((origin) => entry(origin, mirrorLocation(endpoints, origin))),
  ];
  return [
    { path: "registries.conf.d/50-kso.conf", content: joinLines(lines) },
    ...caFiles(endpoints, `certs.d/${host}`, "ca.crt"),
  ];
}

function caFiles({ ca }: Endpoints, directory: string, name: string): ConfigFile[] {
  return ca ? [{ path: `${directory}/${name}`, content: ca.pem }] : [];
}

/** A TOML basic string; for hosts and URLs it is the same as in JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function joinLines(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
