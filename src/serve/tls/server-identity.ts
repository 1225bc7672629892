// The certificate and key of a server: the site's own, or a pair that kso makes and keeps.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../files/atomic.ts";
import { diskError } from "../../files/disk.ts";
import { readText } from "../../files/read.ts";
import type { Identity } from "./certificate.ts";

/** No private key is larger. Bytes. */
const maxKey = 1 << 20;

/** The site's own certificate and key, or names and addresses to make one for, and the directory that keeps it. */
export type TlsOptions =
  | { readonly certificatePath: string; readonly keyPath: string }
  | { readonly names: readonly string[]; readonly directory: string };

/** A CA that kso made. */
export interface GeneratedAuthority {
  /** Of its certificate. */
  readonly path: string;
  readonly fingerprint: string;
  readonly certificate: string;
}

/** A server's certificate and key; `ca`: what clients must trust, where kso made it. */
export type ServerIdentity = Identity & { readonly ca?: GeneratedAuthority };

/**
 * Reads the certificate and key that the options name, or makes and keeps them; warns of a certificate that is not valid now.
 * @throws KsoError `usage` for files that cannot be used and invalid names.
 */
export async function serverIdentity(options: TlsOptions, warn: (text: string) => void): Promise<ServerIdentity> {
  if ("names" in options) return await selfSignedIdentity(options.names, options.directory, warn);
  const { certificatePath, keyPath } = options;
  const { checkIdentity } = await import("./certificate.ts");
  const identity = {
    certificate: readText(certificatePath, "--tls-cert"),
    key: readText(keyPath, "--tls-key", maxKey, { secretFrom: "others" }),
  };
  const note = checkIdentity(identity, { cert: certificatePath, key: keyPath }, Date.now());
  if (note !== undefined) warn(`note: ${note}`);
  return identity;
}

async function selfSignedIdentity(
  words: readonly string[],
  directory: string,
  warn: (text: string) => void,
): Promise<ServerIdentity> {
  const { fingerprint, makeServerCertificate, parseNames, serverCertificateFault } = await import("./certificate.ts");
  const names = parseNames(words);
  const now = Date.now();
  const authority = await authorityIn(directory, now, warn);
  let server = readIdentity(directory, "server");
  if (!server || (await serverCertificateFault(server, authority, names, now)) !== undefined) {
    server = await makeServerCertificate(authority, names, now);
    writeIdentity(directory, "server", server);
  }
  const { certificate } = authority;
  const ca = { path: join(directory, "ca.pem"), fingerprint: await fingerprint(certificate), certificate };
  return { ...server, ca };
}

/** The CA of the directory, made where there is none that can be used. */
async function authorityIn(directory: string, now: number, warn: (text: string) => void): Promise<Identity> {
  const { authorityFault, makeAuthority } = await import("./certificate.ts");
  const existing = readIdentity(directory, "ca");
  const fault = existing && authorityFault(existing, now);
  if (existing && fault === undefined) return existing;
  if (existing) warn(`note: the CA in ${directory} is replaced: ${fault}; clients must trust the new one`);
  const authority = await makeAuthority(now);
  writeIdentity(directory, "ca", authority);
  return authority;
}

function readIdentity(directory: string, name: string): Identity | undefined {
  const [certificate, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
  if (!(existsSync(certificate) && existsSync(key))) return undefined;
  return {
    certificate: readText(certificate, "--tls-dir"),
    key: readText(key, "--tls-dir", maxKey, { secretFrom: "group and others" }),
  };
}

/** Writes the key first: a new certificate must never stand beside the old key. */
function writeIdentity(directory: string, name: string, { certificate, key }: Identity): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    replaceFile(join(directory, `${name}.key`), key, 0o600);
    replaceFile(join(directory, `${name}.pem`), certificate, 0o644);
  } catch (cause) {
    throw diskError(`Cannot write to ${directory}`, cause, "name another place with --tls-dir");
  }
}
