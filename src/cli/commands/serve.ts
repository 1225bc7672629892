// `kso serve`: files and images for a cluster, straight out of the bundle.
import process from "node:process";
import { exitCodes, KsoError } from "../../core/errors.ts";
import { selfCommand } from "../../runtime/self.ts";
import { systemdSockets } from "../../serve/systemd/sockets.ts";
import { systemdUnit } from "../../serve/systemd/unit.ts";
import type { Command, Output } from "../command.ts";
import { type Arguments, commonFlags } from "../options.ts";
import { serviceFlags, serviceOf } from "../service.ts";
import { type Address, type Serving, startServing } from "../serving.ts";
import type { Tls } from "../tls.ts";

export const serveCommand: Command = {
  name: "serve",
  usage: "serve BUNDLE… [--files ADDRESS] [--registry ADDRESS]",
  description: "serve the files and images of a bundle, straight out of it, to a cluster without internet",
  flags: [
    { name: "files", value: "ADDRESS", help: "where files are served: [HOST]:PORT, or off (default: :8080)" },
    {
      name: "registry",
      value: "ADDRESS",
      help: "where images are served; the same address serves both (default: :5000)",
    },
    {
      name: "grace",
      value: "SECONDS",
      help: "how long running answers may take to end when asked to stop (default: 30)",
    },
    ...serviceFlags,
    { name: "print-unit", help: "print a systemd unit that runs this very command line, and do nothing else" },
    ...commonFlags,
  ],
  async run(args, output) {
    if (args.positionals.length === 0) throw new KsoError("usage", "Name a bundle: kso serve bundle.tar");
    const { files, registry } = addressesOf(args);
    if (!files && !registry) throw new KsoError("usage", "Nothing to serve: --files and --registry are both off");
    const grace = graceOf(args);
    if (args.has("print-unit")) {
      output.data(systemdUnit(selfCommand(), process.argv.slice(process.argv.indexOf("serve") + 1)));
      return;
    }
    const stopped = stopSignal();
    const warn = (text: string): void => output.tell(`warning: ${text}`);
    const service = await serviceOf(args, warn);
    const { wrappers, miss, beside, tls } = service;
    const serving = await startServing({
      ...{ paths: args.positionals, files, registry, wrappers, miss, beside, warn },
      ...(tls && { tls: { cert: tls.certificate, key: tls.key } }),
    });
    service.started({ files: serving.files, registry: serving.registry });
    announce(serving, { files, registry }, tls, args, output);
    const signal = await stopped;
    output.tell(`Stopping: at most ${grace} s for running answers; once more stops at once`);
    await serving.stop(grace * 1000);
    service.close();
    if (signal === "SIGINT") throw new KsoError("interrupted", "Stopped");
  },
};

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
function addressesOf(args: Arguments): { files: Address | undefined; registry: Address | undefined } {
  const given = systemdSockets(process.env, process.pid);
  const address = (name: "files" | "registry", usual: string): Address | undefined => {
    const flag = args.one(name);
    if (flag !== undefined || !given) return addressOf(name, flag ?? usual);
    const file = given[name];
    return file === undefined ? undefined : { port: 0, file };
  };
  return { files: address("files", ":8080"), registry: address("registry", ":5000") };
}

/** `:8080`, `8080`, `10.0.0.5:8080`, `[::1]:8080`; undefined for `off`. */
function addressOf(flag: string, text: string): Address | undefined {
  if (text === "off") return undefined;
  const [, host = "", port = ""] = /^(?:(\[[0-9A-Fa-f:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535)
    throw new KsoError("usage", `--${flag} wants an address like :8080, 10.0.0.5:8080 or [::1]:8080, not "${text}"`);
  return { port: Number(port), ...(host !== "" && { host: host.replace(/^\[|\]$/g, "") }) };
}

function graceOf(args: Arguments): number {
  const text = args.one("grace") ?? "30";
  if (!/^\d{1,5}$/.test(text)) throw new KsoError("usage", `--grace wants a number of seconds, not "${text}"`);
  return Number(text);
}

function announce(
  { shelf, files, registry }: Serving,
  asked: { readonly files: Address | undefined; readonly registry: Address | undefined },
  tls: Tls | undefined,
  args: Arguments,
  output: Output,
): void {
  const scheme = tls ? "https" : "http";
  const urls = {
    ...(files && { files: `${scheme}://${shown(asked.files)}:${files.port}` }),
    ...(registry && { registry: `${scheme}://${shown(asked.registry)}:${registry.port}` }),
    ...(tls?.ca && { ca: tls.ca.path }),
  };
  if (args.has("json")) output.data(`${JSON.stringify({ event: "ready", pid: process.pid, ...urls })}\n`);
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
