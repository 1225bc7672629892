// Checks what is between this machine and upstream: proxies, certificates, and, with --online, whether the origins respond.
import { X509Certificate } from "node:crypto";
import { lookup } from "node:dns/promises";
import type { EnvironmentVariables } from "../core/environment.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { readRegular } from "../files/read.ts";
import { HttpError, reasonOf } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import { chooseProxy } from "../http/proxy.ts";
import { anonymously } from "../http/request.ts";
import { type Finding, finding } from "./finding.ts";

/** By how much a clock may be wrong. Milliseconds. */
const maxSkew = 300_000;
/** A file of certificates is never larger. Bytes. */
const maxCertificates = 16 << 20;

/** Checks the variables that name proxies. */
export function proxyFindings(env: EnvironmentVariables): Finding[] {
  const findings: Finding[] = [];
  for (const name of ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]) {
    const [lowerCase, upperCase] = [env[name]?.trim(), env[name.toUpperCase()]?.trim()];
    if (lowerCase && upperCase && lowerCase !== upperCase)
      findings.push(finding("proxy", "warn", `${name} and ${name.toUpperCase()} differ; kso and curl take ${name}`));
  }
  try {
    const proxyOf = chooseProxy(env);
    const proxies = ["http://example.com/", "https://example.com/"].map((url) => proxyOf(new URL(url)));
    const shown = [...new Set(proxies.flatMap((proxy) => (proxy ? [new URL(proxy).host] : [])))];
    const exceptions = env["no_proxy"] ?? env["NO_PROXY"];
    const except = exceptions ? `, but not for ${exceptions}` : "";
    findings.push(finding("proxy", "ok", shown.length > 0 ? `through ${shown.join(" and ")}${except}` : "none"));
  } catch (cause) {
    findings.push(finding("proxy", "fail", messageOf(cause)));
  }
  return findings;
}

/** Checks that files of certificates can be read and are valid. @param files each path, and what names it (`--ca`). */
export function certificateFindings(files: readonly (readonly [path: string, by: string])[], now: number): Finding[] {
  if (files.length === 0) return [finding("ca", "ok", "the system's certificates, none beside them")];
  return files.map(([path, by]) => {
    try {
      const blocks = new TextDecoder()
        .decode(readRegular(path, maxCertificates))
        .match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
      if (!blocks) return finding("ca", "fail", `${path} (${by}) holds no certificate; give a PEM file`);
      const certificates = blocks.map((block) => new X509Certificate(block));
      const expired = certificates.filter(({ validTo }) => Date.parse(validTo) < now);
      if (expired.length === certificates.length)
        return finding("ca", "fail", `${path} (${by}) has expired, on ${expired[0]?.validTo}`);
      return finding("ca", "ok", `${path} (${by}), ${blocks.length} of them`);
    } catch (cause) {
      return finding("ca", "fail", `${path} (${by}) cannot be read: ${messageOf(cause)}`);
    }
  });
}

/** The origins of a release to request, and how. */
export interface OnlineChecks {
  /** Origin host → the URLs to request: one of them is enough. */
  readonly urls: ReadonlyMap<string, readonly string[]>;
  readonly env: EnvironmentVariables;
  readonly http: Http;
  now(): number;
}

/** Checks that each origin responds, and compares this clock with theirs. */
export async function onlineFindings({ urls, env, http, now }: OnlineChecks): Promise<Finding[]> {
  const proxyOf = chooseProxy(env);
  const requests = [...urls].flatMap(([host, all]) => all.map((url) => ({ host, url, name: nameOf(host, url, all) })));
  const results = await Promise.all(
    requests.map(async ({ name, url }): Promise<OriginCheck> => {
      const proxy = proxyOf(new URL(url));
      // A proxy resolves names itself.
      if (!(proxy || (await hasAddress(url))))
        return { finding: finding("reach", "fail", `${name}: no address is known for ${new URL(url).hostname}`) };
      return await checkOrigin(name, url, { http, now, route: proxy ? `, through ${new URL(proxy).host}` : "" });
    }),
  );
  const answering = new Set(requests.filter((_, at) => results[at]?.finding.state === "ok").map(({ host }) => host));
  // Where another mirror of the host answers, nothing is lost.
  const reached = results.map((result, at) =>
    result.finding.state === "fail" && answering.has(requests[at]?.host ?? "")
      ? { ...result, finding: { ...result.finding, state: "warn" as const } }
      : result,
  );
  const offsets = reached.flatMap(({ offset }) => (offset === undefined ? [] : [offset])).sort((a, b) => a - b);
  const median = offsets[offsets.length >> 1];
  return [...reached.map((result) => result.finding), ...(median === undefined ? [] : [clockOffsetFinding(median)])];
}

/** An origin as findings name it: with the mirror, where it has several. */
function nameOf(host: string, url: string, all: readonly string[]): string {
  return all.length > 1 ? `${host} at ${new URL(url).host}` : host;
}

/** The result of the request to one origin. */
interface OriginCheck {
  readonly finding: Finding;
  /** By how much this clock is ahead of the server's. Milliseconds. */
  readonly offset?: number;
}

async function hasAddress(url: string): Promise<boolean> {
  try {
    await lookup(new URL(url).hostname.replace(/^\[|\]$/g, ""));
    return true;
  } catch {
    return false;
  }
}

async function checkOrigin(
  host: string,
  url: string,
  { http, now, route }: Pick<OnlineChecks, "http" | "now"> & { readonly route: string },
): Promise<OriginCheck> {
  try {
    const { status, headers, cancel } = await http.send(
      { url, method: "HEAD", authorize: anonymously },
      refusalStatuses,
    );
    await cancel();
    const date = Date.parse(headers.get("date") ?? "");
    const result = finding("reach", "ok", `${host} answers (${status})${route}`);
    return Number.isNaN(date) ? { finding: result } : { finding: result, offset: now() - date };
  } catch (cause) {
    if (!(cause instanceof KsoError) || cause.code === "interrupted") throw cause;
    const reason = cause instanceof HttpError ? reasonOf(cause) : cause.message;
    return { finding: finding("reach", "fail", `${host}: ${reason}`) };
  }
}

/** Statuses of a server that responds and does not show its root. */
const refusalStatuses = [400, 401, 403, 404, 405, 501];

/** Checks this clock. @param offset milliseconds by which it is ahead of the servers'. */
function clockOffsetFinding(offset: number): Finding {
  const seconds = Math.round(Math.abs(offset) / 1000);
  if (Math.abs(offset) <= maxSkew) return finding("clock", "ok", "as the servers have it");
  return finding(
    "clock",
    "fail",
    `${seconds} s ${offset > 0 ? "ahead of" : "behind"} what the servers say: set it, tokens and certificates depend on it`,
  );
}
