// `kso doctor`: what is wrong with this host for the job. Asks nobody unless told to, and leaves everything as it was.
import process from "node:process";
import { KsoError } from "../../core/errors.ts";
import { registryBase } from "../../oci/registry.ts";
import { parseMirrors } from "../../plan/mirrors.ts";
import type { Command } from "../command.ts";
import { catalogOf } from "../context.ts";
import { diskFindings } from "../doctor/disk.ts";
import { hostFindings } from "../doctor/host.ts";
import { certificateFindings, onlineFindings, proxyFindings } from "../doctor/network.ts";
import { fetchFlags, networkOf, storePath } from "../environment.ts";
import { type Arguments, commonFlags, selectionFlags } from "../options.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { columns } from "../terminal/report.ts";

const borrowed = ["store", "ca", "mirror", "manifests"];

export const doctorCommand: Command = {
  name: "doctor",
  usage: "doctor [--online]",
  description: "what is wrong with this host for the job",
  flags: [
    { name: "online", help: "also ask each origin, or the mirror named for it, whether it answers" },
    ...[...fetchFlags, ...selectionFlags].filter(({ name }) => borrowed.includes(name)),
    ...commonFlags,
  ],
  async run(args, output) {
    const now = Date.now();
    const catalog = await catalogOf(args);
    const newest = catalog.release(catalog.releases.at(-1) ?? "");
    const findings = [
      ...hostFindings(newest.source.date, now),
      ...diskFindings(storePath(args)),
      ...proxyFindings(process.env),
      ...certificateFindings(certificatesOf(args), now),
    ];
    if (args.has("online")) {
      const urls = urlsOf(args, newest.origins ?? {});
      findings.push(
        ...(await interruptible("nothing was changed", (signal) =>
          onlineFindings(urls, process.env, networkOf(args, 8, signal).probe, Date.now),
        )),
      );
    }
    const failed = findings.filter(({ state }) => state === "fail");
    if (args.has("json"))
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
};

function certificatesOf(args: Arguments): [string, string][] {
  const named: [string | undefined, string][] = [
    [args.one("ca"), "--ca"],
    [process.env["SSL_CERT_FILE"], "SSL_CERT_FILE"],
    [process.env["NODE_EXTRA_CA_CERTS"], "NODE_EXTRA_CA_CERTS"],
  ];
  return named.flatMap(([path, by]): [string, string][] => (path ? [[path, by]] : []));
}

/** Every host that a release's files and images come from → where to ask whether it is there. */
function urlsOf(args: Arguments, origins: Readonly<Record<string, string>>): Map<string, string> {
  const mirrors = parseMirrors(args.all("mirror"));
  const urls = new Map<string, string>();
  for (const value of Object.values(origins)) {
    const [, scheme, host = ""] = /^(https:\/\/)?([^/]+)/.exec(value) ?? [];
    const [mirror] = mirrors.get(host) ?? [];
    urls.set(host, mirror ?? (scheme ? `https://${host}/` : `${registryBase(host)}/v2/`));
  }
  return urls;
}
