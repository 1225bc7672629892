import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  authorityFault,
  checkIdentity,
  fingerprint,
  makeAuthority,
  makeServerCertificate,
  parseNames,
  serverCertificateFault,
} from "../../../src/serve/tls/certificate.ts";
import { must, run } from "../../support/containers.ts";
import { temporary } from "../../support/temp.ts";

const now = Date.now();
const day = 86_400_000;
const names = ["kso.site", "*.apps.site", "10.0.0.5", "fd00::1"];

test("OpenSSL takes the chain strictly, for each of the names and for no other", async () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  const authority = await makeAuthority(now);
  const server = await makeServerCertificate(authority, parseNames(names), now);
  writeFileSync(at("ca.pem"), authority.certificate);
  writeFileSync(at("server.pem"), server.certificate);
  const verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", at("ca.pem")];
  for (const asked of [
    ["-verify_hostname", "kso.site"],
    ["-verify_hostname", "a.apps.site"],
    ["-verify_ip", "10.0.0.5"],
    ["-verify_ip", "fd00:0::0:1"],
  ])
    expect(await must("openssl", [...verify, ...asked, at("server.pem")])).toBe(`${at("server.pem")}: OK\n`);
  expect((await run("openssl", [...verify, "-verify_ip", "10.0.0.6", at("server.pem")])).code).not.toBe(0);
  const told = await must("openssl", ["x509", "-in", at("ca.pem"), "-noout", "-fingerprint", "-sha256"]);
  expect(told.trim().split("=")[1]).toBe(await fingerprint(authority.certificate));
});

test("a certificate is kept while its names and its authority are the same and it is valid for long enough", async () => {
  const authority = await makeAuthority(now);
  const server = await makeServerCertificate(authority, names, now);
  expect(authorityFault(authority, now)).toBeUndefined();
  expect(authorityFault(authority, now + 3600 * day)).toBe("it ends soon");
  expect(authorityFault({ ...authority, key: server.key }, now)).toBe("it cannot be read");
  expect(await serverCertificateFault(server, authority, names.toReversed(), now)).toBeUndefined();
  expect(await serverCertificateFault(server, authority, ["fd00:0:0::1", ...names.slice(0, 3)], now)).toBeUndefined();
  expect(await serverCertificateFault(server, authority, names.slice(1), now)).toBe("it has other names");
  expect(await serverCertificateFault(server, authority, [...names, "more.site"], now)).toBe("it has other names");
  expect(await serverCertificateFault(server, await makeAuthority(now), names, now)).toBe(
    "another authority signed it",
  );
  expect(await serverCertificateFault(server, authority, names, now + 780 * day)).toBe("it ends soon");
  expect(await serverCertificateFault({ ...server, certificate: "junk" }, authority, names, now)).toBe(
    "it cannot be read",
  );
  expect(await serverCertificateFault({ ...server, key: authority.key }, authority, names, now)).toBe(
    "it cannot be read",
  );
});

test("the site's own certificate and key are checked before the server listens", async () => {
  const authority = await makeAuthority(now);
  const server = await makeServerCertificate(authority, names, now);
  const where = { cert: "c.pem", key: "k.pem" };
  expect(checkIdentity(server, where, now)).toBeUndefined();
  expect(
    checkIdentity({ ...server, certificate: server.certificate + authority.certificate }, where, now),
  ).toBeUndefined();
  expect(checkIdentity(server, where, now + 900 * day)).toContain("the certificate in c.pem ended on");
  expect(checkIdentity(server, where, now - 3 * day)).toContain("is valid from");
  const wrong =
    (more: Partial<typeof server>): (() => unknown) =>
    () =>
      checkIdentity({ ...server, ...more }, where, now);
  expect(wrong({ certificate: server.key })).toThrow("Cannot use c.pem (--tls-cert): it is no certificate");
  expect(wrong({ key: "nothing" })).toThrow("Cannot use k.pem (--tls-key): it is no private key");
  expect(wrong({ key: "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" })).toThrow("it is encrypted");
  expect(wrong({ key: authority.key })).toThrow("it is not the certificate of the key in k.pem");
});

test("names are host names and addresses, each once", () => {
  expect(parseNames(["KSO.Site", "kso.site", "[fd00::1]", "10.0.0.5"])).toEqual(["kso.site", "fd00::1", "10.0.0.5"]);
  for (const word of [
    "10.0.0",
    "10.0.0.256",
    "a b",
    "-a.site",
    "a..b",
    "*",
    "a.*.b",
    "https://kso.site",
    "kso.site:443",
    "ä.site",
  ])
    expect(() => parseNames([word])).toThrow(`"${word}" is neither a host name nor an IP address`);
});
