// Makes certificates of servers, signed by an authority of kso's, and checks certificates.
import "reflect-metadata";
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { KsoError, messageOf } from "../../core/errors.ts";

/** A certificate and its key, both PEM (the key as PKCS #8). */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** A curve and a hash that every TLS client of the last decade knows. */
const keyAlgorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
const signatureAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;

const day = 86_400_000;
/** Clocks inside an air gap differ: certificates are valid from so long before they are made. Milliseconds. */
const clockSkew = day;
/** How long the authority is valid, and a server's certificate: what clients take at most (https://support.apple.com/en-us/103769). Milliseconds. */
const lifetime = { authority: 3650 * day, server: 825 * day } as const;
/** A server's certificate is renewed when it is valid for less than this. Milliseconds. */
const renewBefore = 60 * day;

/**
 * Checks the words of `--tls-self-signed`: host names (`*.example.org` too) and IP addresses.
 * @returns them in lower case, each once.
 * @throws KsoError `usage` naming the one that is neither.
 */
export function parseNames(words: readonly string[]): string[] {
  const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  const host = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`);
  const names = words.map((word) => word.toLowerCase().replace(/^\[(.*)\]$/, "$1"));
  // What looks like an address and is none would become a host name that no client asks for.
  for (const name of names)
    if (isIP(name) === 0 && (!host.test(name) || name.length > 253 || /^[\d.]+$/.test(name)))
      throw new KsoError(
        "usage",
        `"${name}" is neither a host name nor an IP address; write --tls-self-signed kso.site,10.0.0.5`,
      );
  return [...new Set(names)];
}

/** Makes an authority that can sign servers and nothing else. `now` in milliseconds since the epoch. */
export async function makeAuthority(now: number): Promise<Identity> {
  const pair = await webcrypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [`kso CA ${new Date(now).toISOString().slice(0, 10)} ${randomBytes(4).toString("hex")}`] }],
    notBefore: new Date(now - clockSkew),
    notAfter: new Date(now + lifetime.authority),
    signingAlgorithm: signatureAlgorithm,
    keys: pair as CryptoKeyPair,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey as CryptoKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyText(pair.privateKey) };
}

/** Makes the certificate of a server of those names, signed by the authority. `now` in milliseconds since the epoch. */
export async function makeServerCertificate(
  authority: Identity,
  names: readonly string[],
  now: number,
): Promise<Identity> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const [first = "kso"] = names;
  const pair = await webcrypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    // A common name has at most 64 characters (RFC 5280, ub-common-name).
    subject: [{ CN: [first.length > 64 ? "kso" : first] }],
    issuer: issuer.subjectName,
    notBefore: new Date(Math.max(now - clockSkew, issuer.notBefore.getTime())),
    notAfter: new Date(Math.min(now + lifetime.server, issuer.notAfter.getTime())),
    signingAlgorithm: signatureAlgorithm,
    publicKey: pair.publicKey as CryptoKey,
    signingKey: (await signingKey(authority.key)) as CryptoKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey as CryptoKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyText(pair.privateKey) };
}

/** Why an authority must be replaced; undefined while it can be used. */
export function authorityFault({ certificate, key }: Identity, now: number): string | undefined {
  const parsed = parse(certificate);
  if (!(parsed && keyFits(parsed, key))) return "it cannot be read";
  // No certificate that it signs may outlive it.
  return parsed.notAfter.getTime() < now + renewBefore ? "it ends soon" : undefined;
}

/** Why a server's certificate must be replaced; undefined while it can be used. */
export async function serverCertificateFault(
  { certificate, key }: Identity,
  authority: Identity,
  names: readonly string[],
  now: number,
): Promise<string | undefined> {
  const parsed = parse(certificate);
  const issuer = parse(authority.certificate);
  if (!(parsed && issuer && keyFits(parsed, key))) return "it cannot be read";
  if (!(await parsed.verify({ publicKey: issuer.publicKey, signatureOnly: true })))
    return "another authority signed it";
  if (parsed.notAfter.getTime() < now + renewBefore) return "it ends soon";
  const certified = certificateNames(certificate);
  const hasSameNames =
    certified.length === names.length && names.every((name) => certified.some((other) => sameName(name, other)));
  return hasSameNames ? undefined : "it has other names";
}

/** The names and addresses that a server's certificate is for. */
export function certificateNames(certificate: string): string[] {
  return (
    parse(certificate)
      ?.getExtension(x509.SubjectAlternativeNameExtension)
      ?.names.items.map(({ value }) => value) ?? []
  );
}

/**
 * Checks a certificate and key of the site's own.
 * @returns what the operator should know about it: that it ended, or is not valid yet; undefined where nothing.
 * @throws KsoError `usage` when they cannot be read or do not belong together.
 */
export function checkIdentity(
  { certificate, key }: Identity,
  where: { cert: string; key: string },
  now: number,
): string | undefined {
  const parsed = parse(certificate);
  if (!parsed) throw new KsoError("usage", `Cannot use ${where.cert} (--tls-cert): it is no certificate in PEM`);
  if (/ENCRYPTED/.test(key))
    throw new KsoError("usage", `Cannot use ${where.key} (--tls-key): it is encrypted; write it without a passphrase`);
  try {
    createPrivateKey(key);
  } catch (cause) {
    throw new KsoError(
      "usage",
      `Cannot use ${where.key} (--tls-key): it is no private key in PEM (${messageOf(cause)})`,
      cause,
    );
  }
  if (!keyFits(parsed, key))
    throw new KsoError("usage", `Cannot use ${where.cert}: it is not the certificate of the key in ${where.key}`);
  const [from, to] = [parsed.notBefore, parsed.notAfter].map((date) => date.toISOString().slice(0, 10));
  if (parsed.notAfter.getTime() < now) return `the certificate in ${where.cert} ended on ${to}: clients will refuse it`;
  return parsed.notBefore.getTime() > now
    ? `the certificate in ${where.cert} is valid from ${from} on only`
    : undefined;
}

/** Returns the SHA-256 of the certificate, as tools print it: `AB:CD:…`. */
export async function fingerprint(certificate: string): Promise<string> {
  const hash = await new x509.X509Certificate(certificate).getThumbprint("SHA-256");
  return Buffer.from(hash)
    .toString("hex")
    .toUpperCase()
    .replace(/(..)(?=.)/g, "$1:");
}

function parse(certificate: string): x509.X509Certificate | undefined {
  try {
    // Of a chain the first is the server's.
    const [first] = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(certificate) ?? [];
    return first === undefined ? undefined : new x509.X509Certificate(first);
  } catch {
    return undefined;
  }
}

function keyFits(certificate: x509.X509Certificate, key: string): boolean {
  try {
    const publicKey = createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "der" });
    return Buffer.from(certificate.publicKey.rawData).equals(publicKey);
  } catch {
    return false;
  }
}

/** An IPv6 address may be written in more than one way. */
function sameName(name: string, other: string): boolean {
  return name === other || (isIP(name) === 6 && isIP(other) === 6 && canonical(name) === canonical(other));
}

function canonical(address: string): string {
  return new URL(`http://[${address}]/`).hostname;
}

async function keyText(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = bytes.toString("base64").replace(/(.{64})(?=.)/g, "$1\n");
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}

async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const bytes = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
  return await webcrypto.subtle.importKey("pkcs8", bytes, keyAlgorithm, false, ["sign"]);
}

/** 16 random bytes, positive (RFC 5280 4.1.2.2). */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
