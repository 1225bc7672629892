// `kso serve … --print-unit`: a systemd unit that runs the command line that was typed, with as few rights as it needs.
import { resolve } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { printable, quotedName } from "../../core/quote.ts";

/** The names of flags whose values are treated specially. */
export interface UnitFlags {
  /** The value is a file that only root may read: systemd hands it over as a credential. */
  readonly credentials: readonly string[];
  /** The value is a file that the service writes: a relative path lies in its state directory. */
  readonly state: readonly string[];
  /** The flag has no value. */
  readonly switches: readonly string[];
}

/** The service's own directory: systemd's `StateDirectory=kso`. */
export const stateDirectory = "/var/lib/kso";

/** How a unit of kso's begins. */
const unitMark = "# written by kso serve; kso serve --uninstall removes it";

/** Words of the command line that are about the unit, and not in it. */
const aboutUnit: readonly string[] = ["--print-unit", "--install", "--yes"];

/**
 * Returns the text of `kso-serve.service` (systemd.exec(5), systemd.service(5)). `program`: what starts kso; `argv`: what was typed
 * behind `kso serve`. Ports below 1024 get the one capability that they need.
 * @throws KsoError `usage` for a word with a line feed or another control character.
 */
export function systemdUnit(program: readonly string[], argv: readonly string[], flags: UnitFlags): string {
  // Quoted or not, systemd ends a line where one ends: what follows would be a setting.
  const hostile = [...program, ...argv].find((word) => printable(word) !== word);
  if (hostile !== undefined)
    throw new KsoError("usage", `Cannot write a unit with ${quotedName(hostile)}: it holds a control character`);
  const { words, credentials } = serviceCommand(argv, flags);
  const start = [...program.map(quoted), "serve", ...words].join(" ");
  return `${unitMark}
[Unit]
Description=kso: files and images of a bundle, read-only
Documentation=man:systemd.exec(5)
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${start}
${credentials.join("")}ExecReload=/bin/kill -USR1 $MAINPID
Restart=on-failure
RestartSec=2
TimeoutStopSec=${Number(flagValue(words, "grace") ?? 30) + 10}
LimitNOFILE=65536

# A user of its own, made when it starts. It must be able to read the bundle: chmod o+r.
DynamicUser=yes
# ${stateDirectory}, the one place that it may write to.
StateDirectory=kso
WorkingDirectory=%S/kso
Environment=HOME=%S/kso

${hardening(needsLowPort(words) ? "CAP_NET_BIND_SERVICE" : "")}
# Not MemoryDenyWriteExecute: the runtime compiles while it runs.

[Install]
WantedBy=multi-user.target
`;
}

/** The command line as the service has it, and the lines that hand secrets over to it. */
function serviceCommand(
  argv: readonly string[],
  flags: UnitFlags,
): { words: readonly string[]; credentials: readonly string[] } {
  const credentials: string[] = [];
  const words = argv
    .filter((word) => !aboutUnit.includes(word))
    // `--flag=value` as two words.
    .flatMap((word) => /^(--[a-z-]+)=(.*)$/s.exec(word)?.slice(1) ?? [word])
    .map((word, index, line) => {
      const previousFlag = /^--([a-z-]+)$/.exec(line[index - 1] ?? "")?.[1];
      const flag = previousFlag !== undefined && !flags.switches.includes(previousFlag) ? previousFlag : undefined;
      if (flag !== undefined && flags.credentials.includes(flag)) {
        credentials.push(`LoadCredential=${flag}:${resolve(word).replaceAll("%", "%%")}\n`);
        return `\${CREDENTIALS_DIRECTORY}/${flag}`;
      }
      if (flag !== undefined && flags.state.includes(flag)) return quoted(resolve(stateDirectory, word));
      return quoted(flag === undefined && !word.startsWith("-") ? resolve(word) : word);
    });
  const isSelfSigned = words.includes("--tls-self-signed") && !words.includes("--tls-dir");
  return { words: isSelfSigned ? [...words, "--tls-dir", `${stateDirectory}/tls`] : words, credentials };
}

/** The value of a flag's last occurrence. */
function flagValue(words: readonly string[], flag: string): string | undefined {
  const index = words.lastIndexOf(`--${flag}`);
  return index < 0 ? undefined : (words[index + 1] ?? "");
}

function needsLowPort(words: readonly string[]): boolean {
  return ["files", "registry"].some((flag) =>
    /(?:^|:)(?:[1-9]\d{0,2}|10[01]\d|102[0-3])$/.test(flagValue(words, flag) ?? ""),
  );
}

/** What the service may not do. `capabilities`: the ones that it may have. */
function hardening(capabilities: string): string {
  return `NoNewPrivileges=yes
CapabilityBoundingSet=${capabilities}
AmbientCapabilities=${capabilities}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077`;
}

/** One word of a command line (systemd.service(5), "Command lines"): % and $ would stand for something else. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w./:@%+,=[\]$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
