// `kso serve`: files and images for a cluster, straight out of the bundle.

import { homedir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { plugins } from "../../../plugins/index.ts";
import { artifactNames } from "../../catalog/artifact-names.ts";
import type { Catalog } from "../../catalog/catalog.ts";
import { configurableRelease } from "../../catalog/configurable-release.ts";
import { openCatalog } from "../../catalog/open.ts";
import { exitCodes, KsoError } from "../../core/errors.ts";
import type { Text } from "../../core/language.ts";
import { availablePlatforms } from "../../core/lock.ts";
import { releasesText } from "../../core/releases.ts";
import { type OptionArguments, parseArguments } from "../../flags/argv.ts";
import { generalKeys } from "../../flags/output.ts";
import { servingKeys } from "../../flags/serving.ts";
import { flags, type Options, type ServingOptions } from "../../flags/table.ts";
import { commit, version } from "../../runtime/build.ts";
import { selfCommand } from "../../runtime/self.ts";
import type { ListenAddress, ServerAddresses } from "../../serve/listeners.ts";
import { type ServeDependencies, type ServeOptions, type Service, serve } from "../../serve/serve.ts";
import { assertHasServices, assertServes } from "../../serve/system.ts";
import { systemdSockets } from "../../serve/systemd/sockets.ts";
import { systemdUnit, type UnitFlags } from "../../serve/systemd/unit.ts";
import type { TlsOptions } from "../../serve/tls/server-identity.ts";
import { type Command, command, type Output, say } from "../command.ts";
import { advise, configLines } from "../success.ts";
import { onStopSignal } from "../terminal/interrupt.ts";
import { padTo } from "../terminal/width.ts";

export const serveCommand: Command = command({
  name: "serve",
  usage: ["BUNDLE… [--files ADDRESS] [--registry ADDRESS]"],
  description: "serve the files and images of a bundle, straight out of it, to a cluster without internet",
  flags: [...servingKeys, "config", ...generalKeys],
  examples: [
    { line: "kso serve bundle.tar", meaning: "files on :8080, images on :5000" },
    { line: "kso serve bundle.tar --tls-self-signed files.site,10.0.0.5", meaning: "with TLS" },
    { line: "kso serve /srv/kso/bundle.tar --install", meaning: "as root: a service that starts with the machine" },
  ],
  chinese: {
    description: "直接用离线包为离线环境中的集群提供文件和镜像，无需解包",
    examples: ["文件在 :8080，镜像在 :5000", "启用 TLS", "以 root 运行：安装为随本机启动的服务"],
  },
  json: [
    {
      form: "events",
      example: '{"event": "ready", "pid": 4711, "files": "http://10.0.0.5:8080", "registry": "http://10.0.0.5:5000"}',
    },
  ],
  bundles: (paths) => paths,
  async run(options, positionals, output, typed) {
    if (options.install && (options.uninstall || options.printUnit))
      throw new KsoError("usage", "--install, --uninstall and --print-unit exclude each other");
    if (options.yes && !options.install && !options.uninstall)
      throw new KsoError("usage", "--yes has a meaning with --install and --uninstall only");
    if (options.uninstall) {
      await (await import("./serve-service.ts")).uninstallHere(options, output);
      return;
    }
    if (positionals.length === 0) throw new KsoError("usage", "Name a bundle: kso serve bundle.tar");
    const addresses = addressesOf(options);
    if (!addresses.files && !addresses.registry)
      throw new KsoError("usage", "Nothing to serve: --files and --registry are both off");
    if (options.printUnit) {
      assertHasServices(process.platform, "print-unit");
      output.data(systemdUnit(selfCommand(), await serviceArguments(options.config, typed), unitFlags()));
      return;
    }
    if (options.install) {
      // What contradicts itself is told here, and not by a service that does not come up.
      tlsOf(options);
      accessLogOf(options);
      const [{ installHere }, words] = await Promise.all([
        import("./serve-service.ts"),
        serviceArguments(options.config, typed),
      ]);
      const unit = (program: readonly string[]): string => systemdUnit(program, words, unitFlags());
      await installHere({ bundles: positionals, addresses, unit }, options, output);
      return;
    }
    assertServes(process.platform);
    const stopSignal = firstStopSignal();
    let service: Service | undefined;
    process.on("SIGUSR1", () => service?.reopenLog());
    service = await serve(
      {
        bundles: positionals,
        addresses,
        tls: tlsOf(options),
        htpasswd: options.htpasswd,
        accessLog: accessLogOf(options),
        missing: options.missing,
      },
      dependenciesFor(output),
    );
    announce(service, { ...options, paths: positionals }, output);
    const signal = await stopSignal;
    say(output, {
      en: `Stopping: at most ${options.grace} s for running answers; once more stops at once`,
      zh: `正在停止：最多等待 ${options.grace} 秒让进行中的响应完成；再按一次立即停止`,
    });
    await service.stop(options.grace * 1000);
    if (signal === "SIGINT") throw new KsoError("interrupted", "Stopped");
  },
});

/** What was typed behind `kso serve`; with kso.yaml, all that it says too: a service reads none. */
async function serviceArguments(config: string | undefined, typed: OptionArguments): Promise<string[]> {
  const argv = process.argv.slice(process.argv.indexOf("serve") + 1);
  if (config === undefined) return argv;
  const { wholeCommandLine } = await import("../kso-yaml/settings.ts");
  const { positionals, options } = parseArguments(argv, serveCommand);
  const words = ["serve", ...positionals];
  return wholeCommandLine(
    { path: config, isFound: !typed.has("config") },
    { words, keys: serveCommand.flags },
    options,
  );
}

/** What systemdUnit must know of the flags of this command. */
function unitFlags(): UnitFlags {
  const serveFlags = [...servingKeys, ...generalKeys].map((key) => flags[key]);
  const namesOf = (service: "credential" | "state"): string[] =>
    serveFlags.filter((flag) => flag.service === service).map(({ name }) => name);
  return {
    credentials: namesOf("credential"),
    state: namesOf("state"),
    switches: serveFlags.filter(({ type }) => type === "switch").map(({ name }) => name),
  };
}

function dependenciesFor(output: Output): ServeDependencies {
  let opened: Catalog | undefined;
  // Opened when a page or a missing name needs it: most servers never do.
  const catalog = (): Catalog => {
    opened ??= openCatalog({ plugins });
    return opened;
  };
  return {
    build: { version, commit: commit ?? "" },
    processUsage: () => {
      const { user, system } = process.cpuUsage();
      return { memory: process.memoryUsage.rss(), cpu: (user + system) / 1e6 };
    },
    releaseOf: (release) => configurableRelease(catalog(), release),
    namedArtifacts: (release, kubernetes) => artifactNames(catalog(), release, kubernetes),
    warn: (text) => output.tell(`warning: ${text}`),
  };
}

/** Resolves at the first signal that asks to stop; a second one ends the process at once. */
function firstStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    onStopSignal((signal) => {
      if (isStopping) process.exit(signal === "SIGINT" ? exitCodes.interrupted : 0);
      isStopping = true;
      resolve(signal);
    });
  });
}

/**
 * Where to listen: flags win over sockets from systemd, and these over the usual ports. Once systemd hands over sockets, a service
 * with neither a flag nor a socket is not served.
 */
function addressesOf(options: ServingOptions): ServerAddresses {
  const sockets = systemdSockets(process.env, process.pid);
  const address = (name: "files" | "registry", port: number): ListenAddress | undefined => {
    const flag = options[name];
    if (flag === "off") return undefined;
    if (flag !== undefined || !sockets) return flag ?? { port };
    const file = sockets[name];
    return file === undefined ? undefined : { port: 0, file };
  };
  return { files: address("files", 8080), registry: address("registry", 5000) };
}

function tlsOf({ tlsCert, tlsKey, tlsSelfSigned, tlsDir }: ServingOptions): TlsOptions | undefined {
  if (tlsSelfSigned && (tlsCert ?? tlsKey) !== undefined)
    throw new KsoError("usage", "--tls-self-signed and --tls-cert exclude each other");
  if (!tlsSelfSigned && tlsDir !== undefined)
    throw new KsoError("usage", "--tls-dir has a meaning with --tls-self-signed only");
  if (tlsSelfSigned) {
    // A service's user need not have a home.
    const dataDirectory = (): string => process.env["XDG_DATA_HOME"] || join(homedir(), ".local", "share");
    return { names: tlsSelfSigned, directory: resolve(tlsDir ?? join(dataDirectory(), "kso", "tls")) };
  }
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new KsoError(
      "usage",
      `--${tlsCert === undefined ? "tls-cert" : "tls-key"} is missing: --tls-cert and --tls-key go together`,
    );
  return { certificatePath: tlsCert, keyPath: tlsKey };
}

function accessLogOf({ accessLog, accessLogFile }: ServingOptions): ServeOptions["accessLog"] {
  if (accessLog !== undefined) return { format: accessLog, path: accessLogFile };
  if (accessLogFile !== undefined)
    throw new KsoError("usage", "--access-log-file has a meaning with --access-log plain or json only");
  return undefined;
}

/** Says what is served, at which addresses of nodes, and how a cluster is pointed at it. */
function announce(service: Service, options: AnnounceOptions, output: Output): void {
  const { bundles, urls, ca } = service;
  const [files] = urls.files;
  const [registry] = urls.registry;
  if (options.json)
    output.data(
      `${JSON.stringify({ event: "ready", pid: process.pid, ...(files && { files }), ...(registry && { registry }), ...(ca && { ca: ca.path }) })}\n`,
    );
  for (const { lock } of bundles)
    say(output, {
      en: `${releasesText(lock)}, ${lock.platforms.join(" and ")}: ${lock.files.length} files, ${lock.images.length} images`,
      zh: `${releasesText(lock)}，${lock.platforms.join("、")}：${lock.files.length} 个文件，${lock.images.length} 个镜像`,
    });
  for (const { lock } of bundles)
    for (const image of lock.images)
      if (availablePlatforms(image, lock).length === 0)
        output.tell(`note: ${image.image} cannot be pulled: the bundle has no image for any of its platforms`);
  const tell = (label: Text, [first, ...others]: readonly string[], path: string): void => {
    if (first === undefined) return;
    const hosts = others.map((url) => new URL(url).hostname);
    const zh = hosts.length > 0 ? `（也可用 ${hosts.join("、")}）` : "";
    const also = hosts.length > 0 ? ` (also at ${hosts.join(", ")})` : "";
    say(output, { en: `${padTo(label.en, 9)} ${first}${path}${also}`, zh: `${label.zh}${first}${path}${zh}` });
  };
  tell({ en: "files:", zh: "文件：" }, urls.files, "/k8s/");
  tell({ en: "registry:", zh: "镜像：" }, urls.registry, "/v2/");
  tell({ en: "page:", zh: "页面：" }, (files ? urls.files : urls.registry).slice(0, 1), "/");
  if (ca) output.tell(`CA:       ${ca.path} (SHA-256 ${ca.fingerprint})`);
  adviseConfig(service, options, output);
}

type AnnounceOptions = Options<"json" | "htpasswd"> & { readonly paths: readonly string[] };

/** The line that points kubespray at this server; it wants a registry, and one bundle. */
function adviseConfig({ bundles, urls, ca }: Service, options: AnnounceOptions, output: Output): void {
  const [bundle, second] = bundles;
  const [registry] = urls.registry;
  const [files] = urls.files;
  if (!bundle || second || registry === undefined) return;
  advise(output, options, {
    meaning: {
      en: "point kubespray at it, and check that all is there",
      zh: "让 kubespray 使用它，并检查内容是否齐全",
    },
    lines: configLines({
      bundles: options.paths,
      lock: bundle.lock,
      registry,
      files: files && `${files}/k8s`,
      credentials: options.htpasswd === undefined ? [] : files ? ["files", "registry"] : ["registry"],
      ca: ca?.path,
    }),
  });
}
