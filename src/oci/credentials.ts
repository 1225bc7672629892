// Credentials for a registry, from where Docker and Podman keep them. Nothing is read before a registry asks, and no secret
// ever appears in a message.

import { Buffer } from "node:buffer";
import { join } from "node:path";
import * as v from "valibot";
import { canonicalHost, dockerHub, dockerHubServer } from "../core/docker-hub.ts";
import type { EnvironmentVariables } from "../core/environment.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { withoutTrailing } from "../core/url.ts";
import { readRegular } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import { parseNetrc } from "../http/netrc.ts";
import { runCredentialHelper } from "./credential-helper.ts";

/** A user name and password, or an identity token that is exchanged for bearer tokens. `source` is the file that it is from. */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string; readonly source: string }
  | { readonly kind: "identity"; readonly token: string; readonly source: string };

/** Where credentials are looked up. */
export interface Credentials {
  /**
   * For `host/repository`; undefined where nobody has logged in.
   * @param server The host name that the login will be sent to: ~/.netrc has logins by it.
   * @throws KsoError `usage` naming a broken file or helper.
   */
  find(host: string, repository: string, server?: string): Promise<Credential | undefined>;
}

const authSchema = v.object({
  auth: v.optional(v.string()),
  username: v.optional(v.string()),
  password: v.optional(v.string()),
  identitytoken: v.optional(v.string()),
});
type AuthEntry = v.InferOutput<typeof authSchema>;
const fileSchema = v.object({
  auths: v.optional(v.record(v.string(), authSchema)),
  credHelpers: v.optional(v.record(v.string(), v.string())),
  credsStore: v.optional(v.string()),
});
type CredentialFile = v.InferOutput<typeof fileSchema> & { readonly path: string };

/**
 * Looks, in this order, into `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`,
 * `$XDG_CONFIG_HOME/containers/auth.json` (`~/.config`), `$DOCKER_CONFIG/config.json` (`~/.docker`); the first file with
 * credentials for the repository wins. Each file is read once, and each helper run once for a host. The last resort is ~/.netrc,
 * if it names the server: its `default` is for no registry.
 */
export function readCredentials(env: EnvironmentVariables, home: string, netrc?: NetrcFile): Credentials {
  const findLogin = parseNetrc(netrc?.text ?? "");
  let files: readonly CredentialFile[] | undefined;
  const helperResults = new Map<string, Promise<Credential | undefined>>();
  return {
    async find(host, repository, server) {
      files ??= locationsIn(env, home).flatMap((location) => readFile(location) ?? []);
      for (const file of files) {
        const helper = helperFor(file, host);
        const key = JSON.stringify([file.path, helper, host]);
        if (helper !== undefined && !helperResults.has(key))
          helperResults.set(key, fromHelper(helper, host, file.path, env));
        const credential = (await helperResults.get(key)) ?? fromAuths(file, host, repository);
        if (credential) return credential;
      }
      const login = server === undefined ? undefined : findLogin(server, "named");
      return login && { kind: "basic", ...login, source: netrc?.path ?? "" };
    },
  };
}

/** A ~/.netrc that was read. */
export interface NetrcFile {
  readonly path: string;
  readonly text: string;
}

/** More than any login file has. Bytes. */
const maxSize = 4 << 20;

interface CredentialLocation {
  readonly path: string;
  /** The user named this file: it must exist. */
  readonly required?: boolean;
}

function locationsIn(env: EnvironmentVariables, home: string): CredentialLocation[] {
  const { REGISTRY_AUTH_FILE: authFile, XDG_RUNTIME_DIR: runtimeDirectory } = env;
  return [
    ...(authFile ? [{ path: authFile, required: true }] : []),
    ...(runtimeDirectory ? [{ path: join(runtimeDirectory, "containers/auth.json") }] : []),
    { path: join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "containers/auth.json") },
    { path: join(env["DOCKER_CONFIG"] || join(home, ".docker"), "config.json") },
  ];
}

function readFile({ path, required }: CredentialLocation): CredentialFile | undefined {
  let text: string;
  try {
    text = new TextDecoder().decode(readRegular(path, maxSize));
  } catch (cause) {
    if (!(required || statsAt(path))) return undefined;
    throw new KsoError("usage", `Cannot read the credentials in ${path}: ${messageOf(cause)}`, cause);
  }
  // Podman leaves an empty file after the last logout.
  if (text.trim() === "") return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the cause: its message may quote a secret.
    throw new KsoError("usage", `Cannot read the credentials in ${path}: it is not JSON`);
  }
  if (Array.isArray(json)) throw new KsoError("usage", `Cannot read the credentials in ${path}: it is a list`);
  const parsed = v.safeParse(fileSchema, json);
  if (parsed.success) return { ...parsed.output, path };
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue) ?? "the whole";
  throw new KsoError("usage", `Cannot read the credentials in ${path}: "${where}" is not ${issue.expected}`);
}

function helperFor({ credHelpers = {}, credsStore }: CredentialFile, host: string): string | undefined {
  const helper = Object.entries(credHelpers).find(([key]) => serverOf(key) === serverOf(host))?.[1];
  return helper || credsStore || undefined;
}

async function fromHelper(
  name: string,
  host: string,
  path: string,
  env: EnvironmentVariables,
): Promise<Credential | undefined> {
  const server = serverOf(host) === dockerHub ? dockerHubServer : host;
  const login = await runCredentialHelper(name, { server, configFile: path, env });
  if (!login) return undefined;
  const { username, secret } = login;
  // With this user name the secret is an identity token.
  if (username === "<token>") return { kind: "identity", token: secret, source: path };
  return { kind: "basic", username, password: secret, source: path };
}

/** `https://index.docker.io/v1/` is `docker.io`; `quay.io/org/repo` stays, it is Podman's way to log in to a part. */
function serverOf(key: string): string {
  const bare = key.replace(/^https?:\/\//i, "").replace(/\/v[12]\/?$/, "");
  return canonicalHost(withoutTrailing(bare, "/"));
}

/** The most specific entry wins: the one for the repository, then those for each of its prefixes, the one for the host last. */
function fromAuths({ auths = {}, path }: CredentialFile, host: string, repository: string): Credential | undefined {
  const entries = Object.entries(auths);
  for (const name of prefixesOf(`${serverOf(host)}/${repository}`)) {
    for (const [key, entry] of entries) {
      const credential = serverOf(key) === name ? credentialIn(entry, key, path) : undefined;
      if (credential) return credential;
    }
  }
  return undefined;
}

/** `a/b/c`, `a/b`, `a`. */
function* prefixesOf(name: string): Generator<string> {
  for (let prefix = name; prefix !== ""; prefix = prefix.slice(0, Math.max(prefix.lastIndexOf("/"), 0))) yield prefix;
}

function credentialIn(entry: AuthEntry, key: string, path: string): Credential | undefined {
  const { identitytoken, auth, username, password } = entry;
  if (identitytoken) return { kind: "identity", token: identitytoken, source: path };
  if (auth) return { ...decode(auth, key, path), source: path };
  return username && password ? { kind: "basic", username, password, source: path } : undefined;
}

function decode(auth: string, key: string, path: string): { kind: "basic"; username: string; password: string } {
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1)
    throw new KsoError(
      "usage",
      `Cannot read the credentials in ${path}: "auth" of "${key}" is not NAME:PASSWORD in base64; log in again`,
    );
  // Old Docker clients padded with zeros.
  return { kind: "basic", username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}
