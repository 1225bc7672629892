// `kso doctor`: what is wrong with this host for the job. Asks nobody unless told to, and leaves everything as it was.
import process from "node:process";
import { KsoError } from "../../core/errors.ts";
import { registryBase } from "../../oci/registry.ts";
import type { Mirrors } from "../../plan/mirrors.ts";
import { type Command, command } from "../command.ts";
import { catalogOf } from "../context.ts";
import { diskFindings } from "../doctor/disk.ts";
import { hostFindings } from "../doctor/host.ts";
import { certificateFindings, onlineFindings, proxyFindings } from "../doctor/network.ts";
import { networkOf, storePath } from "../environment.ts";
import { generalKeys } from "../flags/output.ts";
import type { Options } from "../flags/table.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { columns } from "../terminal/report.ts";

export const doctorCommand: Command = command({
  name: "doctor",
  usage: ["[--online]"],
  description: "what is wrong with this host for the job",
  flags: ["online", "store", "ca", "mirror", "manifests", ...generalKeys],
  examples: [
    { line: "kso doctor", meaning: "this host, its disk, its proxies and certificates" },
    { line: "kso doctor --online", meaning: "and whether every origin answers" },
  ],
  async run(options, _, output) {
    const now = Date.now();
    const catalog = await catalogOf(options);
    const newest = catalog.release(catalog.releases.at(-1) ?? "");
    const findings = [
      ...hostFindings(newest.source.date, now),
      ...diskFindings(storePath(options)),
      ...proxyFindings(process.env),
      ...certificateFindings(certificatesOf(options), now),
    ];
    if (options.online) {
      const urls = urlsOf(options.mirror, newest.origins ?? {});
      findings.push(
        ...(await interruptible("nothing was changed", (signal) =>
          onlineFindings({ urls, env: process.env, http: networkOf(options, 8, signal).probe, now: Date.now }),
        )),
      );
    }
    const failed = findings.filter(({ state }) => state === "fail");
    if (options.json)
      output.data(
        `${JSON.stringify({ schema: "kso.doctor/1", ok: failed.length === 0, checks: findings }, null, 2)}\n`,
      );
    else output.data(`${columns(findings.map(({ state, check, message }) => [state, check, message]))}\n`);
    if (failed.length > 0)
      throw new KsoError(
        "unexpected",
        failed.length === 1 ? "1 problem was found" : `${failed.length} problems were found`,
      );
  },
});

function certificatesOf({ ca }: Options<"ca">): [string, string][] {
  const named: [string | undefined, string][] = [
    [ca, "--ca"],
    [process.env["SSL_CERT_FILE"], "SSL_CERT_FILE"],
    [process.env["NODE_EXTRA_CA_CERTS"], "NODE_EXTRA_CA_CERTS"],
  ];
  return named.flatMap(([path, by]): [string, string][] => (path ? [[path, by]] : []));
}

/** Every host that a release's files and images come from → where to ask whether it is there. */
function urlsOf(mirrors: Mirrors, origins: Readonly<Record<string, string>>): Map<string, string> {
  const urls = new Map<string, string>();
  for (const value of Object.values(origins)) {
    const [, scheme, host = ""] = /^(https:\/\/)?([^/]+)/.exec(value) ?? [];
    const [mirror] = mirrors.get(host) ?? [];
    urls.set(host, mirror ?? (scheme ? `https://${host}/` : `${registryBase(host)}/v2/`));
  }
  return urls;
}
