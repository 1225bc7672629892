// The registries that sites run, empty: docker-registry 2.8, distribution 3, the small one that crane has; in the open, or behind TLS
// and a password. With what kso and the clients that are Go programs need to get in.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import { ensureDir } from "fs-extra";
import { freePort, must, type Server, startRegistry, startServer } from "./containers.ts";
import { counterpart } from "./counterparts.ts";

interface SiteRegistryOptions {
  readonly program: "docker-registry" | "distribution" | "crane";
  /** TLS, and the user ann. */
  readonly secure?: boolean;
  /** It takes indexes that name platforms which are not in it. */
  readonly sparse?: boolean;
  /** It is a cache of the registry at this URL, where it is called ann as well. */
  readonly cacheOf?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface SiteRegistry {
  readonly server: Server;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** `https://127.0.0.1:PORT`, or with http. */
  readonly url: string;
  /** Flags that let kso in. */
  readonly flags: readonly string[];
  /** Logins and trust for crane, cosign and kso. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts one below `dir`. */
export async function startSiteRegistry(dir: string, options: SiteRegistryOptions): Promise<SiteRegistry> {
  await ensureDir(dir);
  if (options.program === "crane") {
    const port = await freePort();
    const args = ["registry", "serve", "--address", `127.0.0.1:${port}`, "--disk", join(dir, "storage")];
    await ensureDir(join(dir, "storage"));
    return reached(await startServer(counterpart("crane"), args, { port, ready: "/v2/", dir }), dir);
  }
  const { secure = false, sparse = false, cacheOf, env = {} } = options;
  const [certificate, key, users] = ["cert.pem", "key.pem", "htpasswd"].map((name) => join(dir, name));
  if (secure) {
    const files = ["-keyout", String(key), "-out", String(certificate)];
    const names = ["-subj", "/CN=registry.test", "-addext", "subjectAltName=IP:127.0.0.1"];
    await must("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...names]);
    writeFileSync(String(users), `ann:${bcrypt.hashSync("right", 4)}\n`);
  }
  const tls = secure ? `, tls: { certificate: ${certificate}, key: ${key} }` : "";
  const configure = (port: number): string =>
    [
      "version: 0.1",
      "log: { level: error }",
      `storage: { filesystem: { rootdirectory: ${dir}/storage } }`,
      `http: { addr: "127.0.0.1:${port}"${tls} }`,
      ...(secure ? [`auth: { htpasswd: { realm: test, path: ${users} } }`] : []),
      ...(cacheOf === undefined ? [] : [`proxy: { remoteurl: "${cacheOf}", username: ann, password: right }`]),
      ...(sparse ? ["validation: { manifests: { indexes: { platforms: none } } }"] : []),
      "",
    ].join("\n");
  const program = options.program === "distribution" ? counterpart("registry") : options.program;
  return reached(await startRegistry(dir, configure, { program, env }), dir, secure ? certificate : undefined);
}

function reached(server: Server, dir: string, certificate?: string): SiteRegistry {
  const host = `127.0.0.1:${server.port}`;
  if (!certificate) return { server, host, url: `http://${host}`, flags: [], env: {} };
  return { server, host, url: `https://${host}`, flags: ["--ca", certificate], env: clientEnv(dir, host, certificate) };
}

/** The login of ann at a host, kept in `dir`, and trust in a certificate, for kso and for clients that are Go programs. */
export function clientEnv(dir: string, host: string, certificate: string): Readonly<Record<string, string>> {
  const auth = Buffer.from("ann:right").toString("base64");
  writeFileSync(join(dir, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
  return { DOCKER_CONFIG: dir, REGISTRY_AUTH_FILE: join(dir, "config.json"), SSL_CERT_FILE: certificate };
}
