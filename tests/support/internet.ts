// The internet as a machine without one sees it: nginx on port 443 under every name, with a certificate that the machine trusts, files by
// host from a folder, and docker-registry behind each registry's name. What a page tells its reader to type needs no change to work there.
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { outputFile } from "fs-extra";
import { home, version } from "../../src/runtime/build.ts";
import { must } from "./containers.ts";
import type { Beside, Machine } from "./machine.ts";
import { root } from "./paths.ts";

/** What a machine needs to have it: see `Machine`. */
export type Internet = Required<Pick<Machine, "isolated" | "hosts" | "beside" | "authority">>;

/** Certificates for any name, below `folder`: `ca.pem`, `server.pem`, `server.key`. */
export async function makeCertificates(folder: string, names: readonly string[]): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await outputFile(at("names"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
  await must("openssl", [
    "req",
    "-x509",
    ...key,
    "-days",
    "3650",
    "-subj",
    "/CN=CA",
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
  ]);
  await must("openssl", ["req", ...key, "-subj", "/CN=server", "-keyout", at("server.key"), "-out", at("server.csr")]);
  const signed = [
    "-CA",
    at("ca.pem"),
    "-CAkey",
    at("ca.key"),
    "-CAcreateserial",
    "-days",
    "365",
    "-extfile",
    at("names"),
  ];
  await must("openssl", ["x509", "-req", "-in", at("server.csr"), ...signed, "-out", at("server.pem")]);
}

/**
 * The internet out of an origin that has been filled below `origin` and stopped (see tests/support/origin.ts). Files of further hosts may
 * be put below `origin`/www. `folder` takes configuration and logs.
 */
export async function makeInternet(folder: string, origin: string, registries: readonly string[]): Promise<Internet> {
  const at = (name: string): string => join(folder, name);
  const hosts = [...new Set([...readdirSync(join(origin, "www")), ...registries])];
  await makeCertificates(folder, hosts);
  await outputFile(at("registry.yml"), registryConfiguration(join(origin, "registry/storage"), "127.0.0.1:5443"));
  await outputFile(
    at("nginx.conf"),
    `pid ${at("nginx.pid")};
user root;
error_log ${at("nginx-error.log")};
events { worker_connections 256; }
http {
  access_log ${at("access.log")};
  map $host $repositories { registry-1.docker.io docker.io; default $host; }
  server {
    listen 127.0.0.1:443 ssl;
    ssl_certificate ${at("server.pem")};
    ssl_certificate_key ${at("server.key")};
    location = /v2/ { proxy_pass http://127.0.0.1:5443; }
    location /v2/ { rewrite ^/v2/(.*)$ /v2/$repositories/$1 break; proxy_pass http://127.0.0.1:5443; }
    location / { root ${join(origin, "www")}/$host; }
  }
}
`,
  );
  return {
    isolated: [],
    hosts: Object.fromEntries(hosts.map((host) => [host, "127.0.0.1"])),
    authority: at("ca.pem"),
    beside: [
      registryAt(at("registry.yml"), 5443),
      { command: `nginx -c ${at("nginx.conf")} -g "daemon off;"`, port: 443 },
    ],
  };
}

/** Puts kso's own release, as it is built in dist, below the folder of a web server. */
export function publishOwnRelease(www: string): void {
  const releases = join(www, new URL(home).host, new URL(home).pathname, "releases");
  const download = join(releases, `download/v${version}`);
  for (const path of [download, join(releases, "latest")]) mkdirSync(path, { recursive: true });
  symlinkSync(download, join(releases, "latest/download"));
  for (const name of ["kso-linux-amd64", "kso-linux-arm64", "SHA256SUMS"])
    symlinkSync(join(root, "dist", name), join(download, name));
  symlinkSync(join(root, "release/install.sh"), join(download, "install.sh"));
}

/** docker-registry with a configuration, on a port. */
export function registryAt(configuration: string, port: number): Beside {
  return { command: `docker-registry serve ${configuration}`, port };
}

/** The configuration of a docker-registry over a folder. */
export function registryConfiguration(storage: string, address: string, tls = ""): string {
  return `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${storage} } }
http: { addr: "${address}"${tls} }
`;
}
