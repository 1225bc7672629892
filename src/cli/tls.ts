// What a server proves itself with, from flags: the site's own certificate, or one that kso makes and keeps.
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { KsoError } from "../core/errors.ts";
import { replaceFile } from "../files/atomic.ts";
import { diskError } from "../files/disk.ts";
import { readText } from "../files/read.ts";
import type { Identity } from "../serve/tls/certificate.ts";
import type { Options } from "./flags/table.ts";

type TlsOptions = Options<"tlsCert" | "tlsKey" | "tlsSelfSigned" | "tlsDir">;

/** Undefined: no TLS was asked for. `ca`: what clients must trust, where kso made it. */
export type Tls = Identity & {
  readonly ca?: { readonly path: string; readonly fingerprint: string; readonly certificate: string };
};

/**
 * Reads, or makes and keeps, what the flags ask for; what a person should know is told.
 * @throws KsoError `usage` for flags that contradict each other, files that cannot be used and names that are none.
 */
export async function tlsOf(options: TlsOptions, tell: (text: string) => void): Promise<Tls | undefined> {
  const [cert, key, names] = [options.tlsCert, options.tlsKey, options.tlsSelfSigned];
  if (names && (cert ?? key) !== undefined)
    throw new KsoError("usage", "--tls-self-signed and --tls-cert exclude each other");
  if (!names && options.tlsDir !== undefined)
    throw new KsoError("usage", "--tls-dir has a meaning with --tls-self-signed only");
  if (names) return await selfSigned(names, directoryOf(options), tell);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new KsoError(
      "usage",
      `--${cert === undefined ? "tls-cert" : "tls-key"} is missing: --tls-cert and --tls-key go together`,
    );
  const { checkIdentity } = await import("../serve/tls/certificate.ts");
  const identity = { certificate: readText(cert, "--tls-cert"), key: readText(key, "--tls-key") };
  const note = checkIdentity(identity, { cert, key }, Date.now());
  if (note !== undefined) tell(`note: ${note}`);
  return identity;
}

async function selfSigned(words: readonly string[], folder: string, tell: (text: string) => void): Promise<Tls> {
  const { authorityFault, fingerprint, makeAuthority, makeServer, parseNames, serverFault } = await import(
    "../serve/tls/certificate.ts"
  );
  const names = parseNames(words);
  const now = Date.now();
  let authority = kept(folder, "ca");
  if (authority && authorityFault(authority, now) !== undefined) {
    tell(`note: the CA in ${folder} is made anew: ${authorityFault(authority, now)}; clients must be told`);
    authority = undefined;
  }
  if (!authority) {
    authority = await makeAuthority(now);
    keep(folder, "ca", authority);
  }
  let server = kept(folder, "server");
  if (!server || (await serverFault(server, authority, names, now)) !== undefined) {
    server = await makeServer(authority, names, now);
    keep(folder, "server", server);
  }
  const { certificate } = authority;
  return { ...server, ca: { path: join(folder, "ca.pem"), fingerprint: await fingerprint(certificate), certificate } };
}

function directoryOf(options: TlsOptions): string {
  const data = process.env["XDG_DATA_HOME"] || join(homedir(), ".local", "share");
  return resolve(options.tlsDir ?? join(data, "kso", "tls"));
}

function kept(folder: string, name: string): Identity | undefined {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  if (!(existsSync(certificate) && existsSync(key))) return undefined;
  return { certificate: readText(certificate, "--tls-dir"), key: readText(key, "--tls-dir") };
}

/** The key first: a certificate without its key would be taken for whole. */
function keep(folder: string, name: string, { certificate, key }: Identity): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    replaceFile(join(folder, `${name}.key`), key, 0o600);
    replaceFile(join(folder, `${name}.pem`), certificate, 0o644);
  } catch (cause) {
    throw diskError(`Cannot write to ${folder}`, cause, "name another place with --tls-dir");
  }
}
