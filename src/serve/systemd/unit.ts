// `kso serve … --print-unit`: the command line that was typed, as a systemd unit that runs it with as little as it needs.
import { resolve } from "node:path";

/** Flags whose value is a file that only root may read: systemd hands them over. */
const secrets: readonly string[] = ["tls-cert", "tls-key", "htpasswd"];
/** Flags whose value the service writes: where it is no full path, in its own directory. */
const written: readonly string[] = ["tls-dir", "access-log-file", "missing"];
/** Flags without a value. */
const switches: readonly string[] = ["json", "quiet", "print-unit"];
/** The service's own directory: systemd's `StateDirectory=kso`. */
const state = "/var/lib/kso";

/**
 * The text of `kso-serve.service` (systemd.exec(5), systemd.service(5)). `program`: what starts kso; `argv`: what was typed behind
 * `kso serve`. Ports below 1024 get the one capability that they need.
 */
export function systemdUnit(program: readonly string[], argv: readonly string[]): string {
  const credentials: string[] = [];
  const words = argv
    .filter((word) => word !== "--print-unit")
    // `--flag=value` as two words.
    .flatMap((word) => /^(--[a-z-]+)=(.*)$/s.exec(word)?.slice(1) ?? [word])
    .map((word, at, all) => {
      const before = /^--([a-z-]+)$/.exec(all[at - 1] ?? "")?.[1];
      const flag = before !== undefined && !switches.includes(before) ? before : undefined;
      if (flag !== undefined && secrets.includes(flag)) {
        credentials.push(`LoadCredential=${flag}:${resolve(word).replaceAll("%", "%%")}\n`);
        return `\${CREDENTIALS_DIRECTORY}/${flag}`;
      }
      if (flag !== undefined && written.includes(flag)) return quoted(resolve(state, word));
      return quoted(flag === undefined && !word.startsWith("-") ? resolve(word) : word);
    });
  const has = (flag: string): boolean => words.includes(`--${flag}`);
  if (has("tls-self-signed") && !has("tls-dir")) words.push("--tls-dir", `${state}/tls`);
  const after = (flag: string): string => words[words.lastIndexOf(`--${flag}`) + 1] ?? "";
  const low = ["files", "registry"].some(
    (flag) => has(flag) && /(?:^|:)(?:[1-9]\d{0,2}|10[01]\d|102[0-3])$/.test(after(flag)),
  );
  const grace = Number(has("grace") ? after("grace") : 30);
  return `[Unit]
Description=kso: files and images of a bundle, read-only
Documentation=man:systemd.exec(5)
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${[...program.map(quoted), "serve", ...words].join(" ")}
${credentials.join("")}ExecReload=/bin/kill -USR1 $MAINPID
Restart=on-failure
RestartSec=2
TimeoutStopSec=${grace + 10}
LimitNOFILE=65536

# A user of its own, made when it starts. It must be able to read the bundle: chmod o+r.
DynamicUser=yes
# ${state}, the one place that it may write to.
StateDirectory=kso
WorkingDirectory=%S/kso

NoNewPrivileges=yes
CapabilityBoundingSet=${low ? "CAP_NET_BIND_SERVICE" : ""}
AmbientCapabilities=${low ? "CAP_NET_BIND_SERVICE" : ""}
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
UMask=0077
# Not MemoryDenyWriteExecute: the runtime compiles while it runs.

[Install]
WantedBy=multi-user.target
`;
}

/** One word of a command line (systemd.service(5), "Command lines"): % and $ would stand for something else. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w./:@%+,=[\]$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
