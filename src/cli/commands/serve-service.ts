// `kso serve --install` and `--uninstall`: the service of systemd on this machine, shown before anything is changed.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";
import { openBundles } from "../../bundle/open.ts";
import { KsoError } from "../../core/errors.ts";
import { shellWord } from "../../core/shell.ts";
import { readRegular } from "../../files/read.ts";
import { statsAt } from "../../files/stats.ts";
import type { Options, ServingOptions } from "../../flags/table.ts";
import { selfCommand } from "../../runtime/self.ts";
import { hostsFor } from "../../serve/hosts.ts";
import type { ListenAddress, ServerAddresses } from "../../serve/listeners.ts";
import { assertHasServices } from "../../serve/system.ts";
import { answersAt } from "../../serve/systemd/health.ts";
import {
  installedFiles,
  installService,
  type ServiceChange,
  type ServiceFile,
  type ServiceHost,
  serviceChanges,
  uninstallService,
} from "../../serve/systemd/install.ts";
import {
  assertReadableByService,
  bytesAt,
  hasBroughtProgram,
  isStable,
  logrotatePath,
  logrotateRules,
  maxProgramSize,
  programPath,
  serviceName,
  unitPath,
  withBroughtProgram,
} from "../../serve/systemd/service-files.ts";
import { stateDirectory } from "../../serve/systemd/unit.ts";
import { type Output, say } from "../command.ts";
import { configLines, type NextStep, succeed } from "../success.ts";
import { canAsk, confirmed } from "../terminal/ask.ts";

/** What the service is to be. */
export interface ServiceRequest {
  readonly bundles: readonly string[];
  readonly addresses: ServerAddresses;
  /** The unit for a program. */
  unit(program: readonly string[]): string;
}

type ServiceOptions = ServingOptions & Options<"json" | "quiet">;

/** Installs the service, or brings it up to date, and waits until it answers. */
export async function installHere(request: ServiceRequest, options: ServiceOptions, output: Output): Promise<void> {
  assertSystemd("install");
  for (const bundle of request.bundles) assertReadableByService(bundle);
  const host = hostHere(request.addresses, options);
  const changes = serviceChanges(filesOf(request, options), host);
  if (changes.length === 0) say(output, { en: `${unitPath} is as it is to be`, zh: `${unitPath} 无需改动` });
  else {
    for (const change of changes) output.tell(shown(change));
    const user = `The service has a user of its own (DynamicUser) and may write below ${stateDirectory} alone.`;
    output.tell(user);
    await assertWanted(
      `Write ${changes.length === 1 ? "this file" : "these files"} and start ${serviceName}?`,
      options,
    );
  }
  await installService(changes, host);
  report(request, options, output);
}

/** Stops the service and removes what --install wrote; bundles and what the service wrote stay. */
export async function uninstallHere(options: ServiceOptions, output: Output): Promise<void> {
  assertSystemd("uninstall");
  const host = hostHere({ files: undefined, registry: undefined }, options);
  const files = installedFiles(host);
  if (files.length === 0) {
    say(output, { en: "There is no service of kso's to remove", zh: "没有可删除的 kso 服务" });
    return;
  }
  output.tell(`${serviceName} is stopped, and these are removed: ${files.join(", ")}`);
  await assertWanted("Remove them?", options);
  uninstallService(files, host);
  succeed(
    output,
    options,
    { en: `Removed: ${files.join(", ")}`, zh: `已删除：${files.join("、")}` },
    {
      meaning: {
        en: `to remove its certificates, logs and lists as well`,
        zh: "如需同时删除它的证书、日志和清单",
      },
      lines: [`sudo rm -r ${stateDirectory} /var/lib/private/kso`],
    },
  );
}

/** @throws KsoError `usage` where there is no systemd, or where this user may not change it. */
function assertSystemd(flag: string): void {
  assertHasServices(process.platform, flag);
  if (!statsAt("/run/systemd/system")?.isDirectory())
    throw new KsoError(
      "usage",
      `--${flag} needs systemd, which does not run here (a container, or another system); --print-unit prints the unit for a machine that has it`,
    );
  if (process.getuid?.() === 0) return;
  const words = [...selfCommand(), ...process.argv.slice(process.argv.indexOf("serve"))].map(shellWord);
  throw new KsoError("usage", `--${flag} writes below /etc and needs root: sudo ${words.join(" ")}`);
}

async function assertWanted(question: string, { yes }: Options<"yes">): Promise<void> {
  if (yes) return;
  if (!canAsk())
    throw new KsoError("usage", `${question} There is no terminal to ask at; say --yes. Nothing was changed`);
  if (!(await confirmed(question))) throw new KsoError("interrupted", "Nothing was changed");
}

function filesOf({ unit }: ServiceRequest, { accessLog, accessLogFile }: ServiceOptions): ServiceFile[] {
  const program = selfCommand();
  const brings = program.length === 1 && !isStable(program[0]);
  // The copy that an earlier --install brought may be the one that is running.
  const isBrought = program[0] === programPath && hasBroughtProgram(new TextDecoder().decode(bytesAt("", unitPath)));
  const text = brings || isBrought ? withBroughtProgram(unit([programPath])) : unit(program);
  return [
    ...(brings ? [{ path: programPath, content: ownBytes(program[0]), mode: 0o755 }] : []),
    ...(accessLog !== undefined && accessLogFile !== undefined
      ? [{ path: logrotatePath, content: logrotateRules(accessLogFile), mode: 0o644 }]
      : []),
    { path: unitPath, content: text, mode: 0o644 },
  ];
}

/** @throws KsoError `usage` where another program has kso's name. */
function ownBytes(program: string): Uint8Array {
  if (statsAt(programPath) && !/^kso /.test(run(programPath, "--version").text))
    throw new KsoError(
      "usage",
      `Cannot write ${programPath}: there is another program of that name; move it away first`,
    );
  return readRegular(program, maxProgramSize);
}

/** A file as it is shown before it is written: whole where it is new, and what differs where it changes. */
function shown({ file: { path, content }, before }: ServiceChange): string {
  if (typeof content !== "string") return `${before ? "replaces" : "writes"} ${path}, this very kso`;
  if (!before) return `writes ${path}:\n${content}`;
  const [old, fresh] = [new TextDecoder().decode(before), content].map((text) => text.split("\n")) as [
    string[],
    string[],
  ];
  const removed = old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`);
  const added = fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  return [`changes ${path}:`, ...removed, ...added].join("\n");
}

function run(program: string, ...args: string[]): { code: number; text: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  return { code: status ?? 1, text: error?.message ?? `${stdout}${stderr}` };
}

function hostHere({ files, registry }: ServerAddresses, options: ServiceOptions): ServiceHost {
  const systemctl = (...args: string[]): { code: number; text: string } => run("systemctl", ...args);
  const address = files ?? registry;
  const failed = (): string | undefined => {
    const { text } = systemctl("show", "--property=ActiveState,NRestarts", serviceName);
    const restarts = Number(/^NRestarts=(\d+)$/m.exec(text)?.[1] ?? 0);
    if (restarts < 2 && !/^ActiveState=failed$/m.test(text)) return undefined;
    const said = run("journalctl", "-u", serviceName, "-n", "20", "-o", "cat", "--no-pager").text;
    return (
      said
        .split("\n")
        .findLast((line) => line.startsWith("kso: "))
        ?.slice("kso: ".length) ?? `it ends as soon as it starts; journalctl -u ${serviceName}`
    );
  };
  return {
    root: "",
    systemctl,
    answers: async () => {
      if (address) await answersAt(`${urlOf(address, loopbackOf(address), isSecure(options))}/health`, failed);
    },
  };
}

const isSecure = ({ tlsCert, tlsSelfSigned }: ServiceOptions): boolean => (tlsCert ?? tlsSelfSigned) !== undefined;

function urlOf({ port }: ListenAddress, host: string, secure: boolean): string {
  return `${secure ? "https" : "http"}://${host}:${port}`;
}

function loopbackOf({ host }: ListenAddress): string {
  if (host === undefined || host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
}

function report({ bundles, addresses }: ServiceRequest, options: ServiceOptions, output: Output): void {
  const secure = isSecure(options);
  const addressOf = (address: ListenAddress | undefined): string | undefined =>
    address && urlOf(address, hostsFor(address.host, options.tlsSelfSigned ?? [])[0], secure);
  const [files, registry] = [addressOf(addresses.files), addressOf(addresses.registry)];
  if (options.json) {
    output.data(
      `${JSON.stringify({ event: "installed", unit: unitPath, ...(files && { files }), ...(registry && { registry }) })}\n`,
    );
    return;
  }
  if (files) output.tell(`files:    ${files}/k8s/`);
  if (registry) output.tell(`registry: ${registry}/v2/`);
  succeed(
    output,
    options,
    { en: `${serviceName} runs, and starts with this machine`, zh: `${serviceName} 正在运行，并会随本机启动` },
    registry === undefined ? undefined : nextStep(bundles, { files, registry }, options),
  );
}

/** The line that points kubespray at the service, for one bundle. */
function nextStep(
  paths: readonly string[],
  { files, registry }: { readonly files: string | undefined; readonly registry: string },
  { htpasswd, tlsSelfSigned, tlsDir }: ServiceOptions,
): NextStep | undefined {
  const [bundle, second] = openBundles(paths);
  if (!bundle || second) return undefined;
  return {
    meaning: {
      en: "point kubespray at it, and check that all is there",
      zh: "让 kubespray 使用它，并检查内容是否齐全",
    },
    lines: configLines({
      bundles: paths.map((path) => resolve(path)),
      lock: bundle.lock,
      registry,
      files: files && `${files}/k8s`,
      credentials: htpasswd === undefined ? [] : files ? ["files", "registry"] : ["registry"],
      ca: tlsSelfSigned && resolve(stateDirectory, tlsDir ?? "tls", "ca.pem"),
    }),
  };
}
