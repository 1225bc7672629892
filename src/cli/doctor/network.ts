// What stands between this machine and upstream: proxies, certificates, and, where asked, whether the origins answer.
import { X509Certificate } from "node:crypto";
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { KsoError, messageOf } from "../../core/errors.ts";
import { HttpError, reasonOf } from "../../http/error.ts";
import type { Http } from "../../http/http.ts";
import { chooseProxy } from "../../http/proxy.ts";
import { type Finding, finding } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** So far a clock may be off. Milliseconds. */
const skew = 300_000;

export function proxyFindings(env: Environment): Finding[] {
  const findings: Finding[] = [];
  for (const name of ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]) {
    const [small, large] = [env[name]?.trim(), env[name.toUpperCase()]?.trim()];
    if (small && large && small !== large)
      findings.push(finding("proxy", "warn", `${name} and ${name.toUpperCase()} differ; kso and curl take ${name}`));
  }
  try {
    const proxyOf = chooseProxy(env);
    const proxies = ["http://example.com/", "https://example.com/"].map((url) => proxyOf(new URL(url)));
    const shown = [...new Set(proxies.flatMap((proxy) => (proxy ? [new URL(proxy).host] : [])))];
    const none = env["no_proxy"] ?? env["NO_PROXY"];
    const except = none ? `, but not for ${none}` : "";
    findings.push(finding("proxy", "ok", shown.length > 0 ? `through ${shown.join(" and ")}${except}` : "none"));
  } catch (cause) {
    findings.push(finding("proxy", "fail", messageOf(cause)));
  }
  return findings;
}

/** @param files what was named: path → by whom (`--ca`, `SSL_CERT_FILE`). */
export function certificateFindings(files: readonly (readonly [path: string, by: string])[], now: number): Finding[] {
  if (files.length === 0) return [finding("ca", "ok", "the system's certificates, none beside them")];
  return files.map(([path, by]) => {
    try {
      const blocks = readFileSync(path, "utf8").match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
      if (!blocks) return finding("ca", "fail", `${path} (${by}) holds no certificate; give a PEM file`);
      const certificates = blocks.map((block) => new X509Certificate(block));
      const late = certificates.filter(({ validTo }) => Date.parse(validTo) < now);
      if (late.length === certificates.length)
        return finding("ca", "fail", `${path} (${by}) has expired, on ${late[0]?.validTo}`);
      return finding("ca", "ok", `${path} (${by}), ${blocks.length} of them`);
    } catch (cause) {
      return finding("ca", "fail", `${path} (${by}) cannot be read: ${messageOf(cause)}`);
    }
  });
}

/** Asks each URL for its head. @param urls origin host → where it is asked. */
export async function onlineFindings(
  urls: ReadonlyMap<string, string>,
  env: Environment,
  http: Http,
  now: () => number,
): Promise<Finding[]> {
  const proxyOf = chooseProxy(env);
  const asked = await Promise.all(
    [...urls].map(async ([host, url]): Promise<{ readonly finding: Finding; readonly off?: number }> => {
      const { hostname } = new URL(url);
      const proxy = proxyOf(new URL(url));
      try {
        // A proxy looks names up itself.
        if (!proxy) await lookup(hostname.replace(/^\[|\]$/g, ""));
      } catch {
        return { finding: finding("reach", "fail", `${host}: no address is known for ${hostname}`) };
      }
      try {
        const { status, headers, cancel } = await http.send({ url, method: "HEAD" }, refusals);
        await cancel();
        const date = Date.parse(headers.get("date") ?? "");
        const by = proxy ? `, through ${new URL(proxy).host}` : "";
        const answer = finding("reach", "ok", `${host} answers (${status})${by}`);
        return Number.isNaN(date) ? { finding: answer } : { finding: answer, off: now() - date };
      } catch (cause) {
        if (!(cause instanceof KsoError) || cause.code === "interrupted") throw cause;
        const reason = cause instanceof HttpError ? reasonOf(cause) : cause.message;
        return { finding: finding("reach", "fail", `${host}: ${reason}`) };
      }
    }),
  );
  const offs = asked.flatMap(({ off }) => (off === undefined ? [] : [off])).sort((a, b) => a - b);
  const off = offs[offs.length >> 1];
  return [...asked.map((one) => one.finding), ...(off === undefined ? [] : [clockOff(off)])];
}

/** Answers of a server that is there, and does not want to be asked for its root. */
const refusals = [400, 401, 403, 404, 405, 501];

/** @param off milliseconds by which this clock is ahead of the servers'. */
function clockOff(off: number): Finding {
  const seconds = Math.round(Math.abs(off) / 1000);
  if (Math.abs(off) <= skew) return finding("clock", "ok", "as the servers have it");
  return finding(
    "clock",
    "fail",
    `${seconds} s ${off > 0 ? "ahead of" : "behind"} what the servers say: set it, tokens and certificates depend on it`,
  );
}
