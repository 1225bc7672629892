// The flags of `kso serve`.

/** Option → flag. */
export const servingFlags = {
  files: {
    name: "files",
    value: "ADDRESS",
    type: "address",
    defaultText: ":8080",
    group: "command",
    help: "where files are served: [HOST]:PORT, or off",
  },
  registry: {
    name: "registry",
    value: "ADDRESS",
    type: "address",
    defaultText: ":5000",
    group: "command",
    help: "where images are served; the same address serves both",
  },
  grace: {
    name: "grace",
    value: "SECONDS",
    type: "seconds",
    default: 30,
    group: "command",
    help: "how long running answers may take to end when asked to stop",
  },
  tlsCert: {
    name: "tls-cert",
    value: "FILE",
    type: "text",
    group: "command",
    help: "speak TLS with this certificate (PEM, the chain behind it)",
    completes: "file",
  },
  tlsKey: {
    name: "tls-key",
    value: "FILE",
    type: "text",
    group: "command",
    help: "and this key (PEM)",
    completes: "file",
  },
  tlsSelfSigned: {
    name: "tls-self-signed",
    value: "NAMES",
    type: "list",
    group: "command",
    help: "speak TLS with a certificate made for these names and addresses",
  },
  tlsDir: {
    name: "tls-dir",
    value: "DIR",
    type: "text",
    defaultText: "below the XDG data directory",
    group: "command",
    help: "where that certificate and its CA are kept",
    completes: "directory",
  },
  htpasswd: {
    name: "htpasswd",
    value: "FILE",
    type: "text",
    group: "command",
    help: "let in only who is in this file (htpasswd -B)",
    completes: "file",
  },
  accessLog: {
    name: "access-log",
    value: "FORMAT",
    type: "text",
    choices: ["plain", "json"],
    defaultText: "none",
    group: "command",
    help: "a line for each request: plain or json",
  },
  accessLogFile: {
    name: "access-log-file",
    value: "FILE",
    type: "text",
    defaultText: "stderr",
    group: "command",
    help: "where it is written; SIGUSR1 opens it anew",
    completes: "file",
  },
  missing: {
    name: "missing",
    value: "FILE",
    type: "text",
    group: "command",
    help: "keep the list of what was asked for and is missing; kso fetch --extra takes it",
    completes: "file",
  },
  printUnit: {
    name: "print-unit",
    type: "switch",
    group: "command",
    help: "print a systemd unit that runs this very command line, and do nothing else",
  },
} as const;

/** All of them. */
export const servingKeys: readonly (keyof typeof servingFlags)[] = Object.keys(
  servingFlags,
) as (keyof typeof servingFlags)[];
