// Which proxy a URL is fetched through: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in both cases, read as curl reads
// them.
import type { EnvironmentVariables } from "../core/environment.ts";
import { KsoError } from "../core/errors.ts";

/**
 * Reads the environment. Returns a function that gives a URL's proxy, or undefined for a direct connection; it throws
 * KsoError `usage` when the proxy is not an http or https URL.
 */
export function chooseProxy(env: EnvironmentVariables): (url: URL) => string | undefined {
  // Read at once: the environment may change later.
  const [http, https, all] = ["http_proxy", "https_proxy", "all_proxy"].map((name) => variable(env, name));
  const isDirect = parseNoProxy(variable(env, "no_proxy")?.value ?? "");
  return (url) => {
    const proxy = (url.protocol === "https:" ? https : http) ?? all;
    return proxy && !isDirect(url) ? checkedProxyUrl(proxy) : undefined;
  };
}

function variable(env: EnvironmentVariables, name: string): { name: string; value: string } | undefined {
  for (const key of [name, name.toUpperCase()]) {
    const value = env[key]?.trim();
    if (value) return { name: key, value };
  }
  return undefined;
}

function checkedProxyUrl({ name, value }: { name: string; value: string }): string {
  const text = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.hostname && ["http:", "https:"].includes(url.protocol)) return url.href;
  // The value may hold a password.
  throw new KsoError("usage", `The environment's ${name} is not a proxy kso can use; write ${name}=http://HOST:PORT`);
}

/**
 * Reads `NO_PROXY`: hosts (with all below them), `.suffix`, `host:port`, addresses, IPv4 networks (`10.0.0.0/8`), `*`. Returns
 * whether a URL is reached without a proxy.
 */
export function parseNoProxy(list: string): (url: URL) => boolean {
  const rules = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(parseRule);
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$|\.$/g, "");
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    return rules.some((matches) => matches(host, port));
  };
}

function parseRule(entry: string): (host: string, port: string) => boolean {
  if (entry === "*") return () => true;
  const [, network, bits] = /^([\d.]+)\/(\d{1,2})$/.exec(entry) ?? [];
  if (network !== undefined) {
    const mask = (address: number): number => Math.floor(address / 2 ** (32 - Number(bits)));
    const networkAddress = ipv4Number(network);
    return (host) => {
      const address = ipv4Number(host);
      return (
        Number(bits) <= 32 &&
        networkAddress !== undefined &&
        address !== undefined &&
        mask(address) === mask(networkAddress)
      );
    };
  }
  // With one colon it is a port; with more it is an IPv6 address, whose port needs brackets.
  const [, bracketed, named, rulePort] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const name = (bracketed ?? named ?? entry).replace(/^\*?\.|\.$/g, "");
  return (host, port) => {
    if (name === "" || (rulePort !== undefined && rulePort !== port)) return false;
    return host === name || (ipv4Number(host) === undefined && host.endsWith(`.${name}`));
  };
}

/** An IPv4 address as a number. */
function ipv4Number(address: string): number | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
