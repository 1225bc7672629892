// `kso serve`: files and images for a cluster, straight out of the bundle.
import process from "node:process";
import { exitCodes, KsoError } from "../../core/errors.ts";
import { selfCommand } from "../../runtime/self.ts";
import { systemdSockets } from "../../serve/systemd/sockets.ts";
import { systemdUnit } from "../../serve/systemd/unit.ts";
import { type Command, command, type Output } from "../command.ts";
import { generalKeys } from "../flags/output.ts";
import { servingKeys } from "../flags/serving.ts";
import type { Options, ServingOptions } from "../flags/table.ts";
import { serviceOf } from "../service.ts";
import { type Address, type Serving, startServing } from "../serving.ts";
import type { Tls } from "../tls.ts";

export const serveCommand: Command = command({
  name: "serve",
  usage: ["BUNDLE… [--files ADDRESS] [--registry ADDRESS]"],
  description: "serve the files and images of a bundle, straight out of it, to a cluster without internet",
  flags: [...servingKeys, ...generalKeys],
  examples: [
    { line: "kso serve bundle.tar", meaning: "files on :8080, images on :5000" },
    { line: "kso serve bundle.tar --tls-self-signed files.site,10.0.0.5", meaning: "with TLS" },
    { line: "kso serve bundle.tar --print-unit > /etc/systemd/system/kso-serve.service", meaning: "as a service" },
  ],
  async run(options, positionals, output) {
    if (positionals.length === 0) throw new KsoError("usage", "Name a bundle: kso serve bundle.tar");
    const { files, registry } = addressesOf(options);
    if (!files && !registry) throw new KsoError("usage", "Nothing to serve: --files and --registry are both off");
    const { grace } = options;
    if (options.printUnit) {
      output.data(systemdUnit(selfCommand(), process.argv.slice(process.argv.indexOf("serve") + 1)));
      return;
    }
    const stopped = stopSignal();
    const warn = (text: string): void => output.tell(`warning: ${text}`);
    const service = await serviceOf(options, warn);
    const { wrappers, miss, beside, tls } = service;
    const serving = await startServing({
      ...{ paths: positionals, files, registry, wrappers, miss, beside, warn },
      ...(tls && { tls: { cert: tls.certificate, key: tls.key } }),
    });
    service.started({ files: serving.files, registry: serving.registry });
    announce(serving, { files, registry }, tls, options, output);
    const signal = await stopped;
    output.tell(`Stopping: at most ${grace} s for running answers; once more stops at once`);
    await serving.stop(grace * 1000);
    service.close();
    if (signal === "SIGINT") throw new KsoError("interrupted", "Stopped");
  },
});

/** The first signal asks, the second does not. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(signal === "SIGINT" ? exitCodes.interrupted : 0);
        asked = true;
        resolve(signal);
      });
    }
  });
}

/** Flags win over sockets from systemd, and these over the usual ports; what systemd does not hand over is not served then. */
function addressesOf(options: ServingOptions): { files: Address | undefined; registry: Address | undefined } {
  const given = systemdSockets(process.env, process.pid);
  const address = (name: "files" | "registry", port: number): Address | undefined => {
    const flag = options[name];
    if (flag === "off") return undefined;
    if (flag !== undefined || !given) return flag ?? { port };
    const file = given[name];
    return file === undefined ? undefined : { port: 0, file };
  };
  return { files: address("files", 8080), registry: address("registry", 5000) };
}

function announce(
  { shelf, files, registry }: Serving,
  asked: { readonly files: Address | undefined; readonly registry: Address | undefined },
  tls: Tls | undefined,
  options: Options<"json">,
  output: Output,
): void {
  const scheme = tls ? "https" : "http";
  const urls = {
    ...(files && { files: `${scheme}://${shown(asked.files)}:${files.port}` }),
    ...(registry && { registry: `${scheme}://${shown(asked.registry)}:${registry.port}` }),
    ...(tls?.ca && { ca: tls.ca.path }),
  };
  if (options.json) output.data(`${JSON.stringify({ event: "ready", pid: process.pid, ...urls })}\n`);
  for (const { lock } of shelf.bundles)
    output.tell(
      `${lock.release.name}, Kubernetes ${lock.kubernetes}, ${lock.platforms.join(" and ")}: ${lock.files.length} files, ${lock.images.length} images`,
    );
  if (urls.files !== undefined) output.tell(`files:    ${urls.files}/k8s/`);
  if (urls.registry !== undefined) output.tell(`registry: ${urls.registry}/v2/`);
  if (tls?.ca) output.tell(`CA:       ${tls.ca.path} (SHA-256 ${tls.ca.fingerprint})`);
}

/** An address that stands for all of them is shown as one that works on this host. */
function shown(address: Address | undefined): string {
  const host = address?.host;
  if (host === undefined || host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
