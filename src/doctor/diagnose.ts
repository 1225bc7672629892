// The use case: runs every check of this host. Nothing is changed; the network is used only if the dependencies have a client.
import type { ReleaseManifest } from "../core/manifest.ts";
import { registryBase } from "../oci/registry.ts";
import type { Mirrors } from "../plan/mirrors.ts";
import { diskFindings } from "./disk.ts";
import type { Finding } from "./finding.ts";
import { hostFindings } from "./host.ts";
import { certificateFindings, type OnlineChecks, onlineFindings, proxyFindings } from "./network.ts";

/** What is checked. */
export interface DiagnoseOptions {
  /** The directory of the store. */
  readonly store: string;
  /** The file of further certificates, from a flag. */
  readonly ca: string | undefined;
  /** The newest release of the catalog: the clock must be after its date, and its origins must respond. */
  readonly newest: ReleaseManifest;
  /** How many releases the store is to hold; default: one. */
  readonly releases?: number;
  readonly mirrors: Mirrors;
}

/** What the checks need from their surroundings; with `online` the origins are requested. */
export interface DiagnoseDependencies {
  readonly env: OnlineChecks["env"];
  now(): number;
  readonly online?: OnlineChecks["http"];
}

/** The results of all checks. */
export async function diagnose(
  { store, ca, newest, releases, mirrors }: DiagnoseOptions,
  { env, now, online }: DiagnoseDependencies,
): Promise<Finding[]> {
  const findings = [
    ...hostFindings(newest.source.date, now()),
    ...diskFindings(store, releases),
    ...proxyFindings(env),
    ...certificateFindings(certificatesOf(ca, env), now()),
  ];
  if (!online) return findings;
  const urls = originUrls(newest.origins ?? {}, mirrors);
  return [...findings, ...(await onlineFindings({ urls, env, http: online, now }))];
}

function certificatesOf(ca: string | undefined, env: OnlineChecks["env"]): [string, string][] {
  const named: [string | undefined, string][] = [
    [ca, "--ca"],
    [env["SSL_CERT_FILE"], "SSL_CERT_FILE"],
    [env["NODE_EXTRA_CA_CERTS"], "NODE_EXTRA_CA_CERTS"],
  ];
  return named.flatMap(([path, by]): [string, string][] => (path ? [[path, by]] : []));
}

/** Every host that a release's files and images come from → the URLs to request: of its mirrors, or its own. */
function originUrls(origins: Readonly<Record<string, string>>, mirrors: Mirrors): Map<string, readonly string[]> {
  const urls = new Map<string, readonly string[]>();
  for (const value of Object.values(origins)) {
    const [, scheme, host = ""] = /^(https:\/\/)?([^/]+)/.exec(value) ?? [];
    const own = scheme ? `https://${host}/` : `${registryBase(host)}/v2/`;
    urls.set(host, mirrors.get(host)?.map((mirror) => (mirror === `https://${host}` ? own : mirror)) ?? [own]);
  }
  return urls;
}
