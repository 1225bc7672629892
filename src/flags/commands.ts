// Flags that one command alone has.

/** Option → flag: where a cluster finds files and images, for `kso config`. */
export const endpointFlags = {
  filesUrl: {
    name: "files-url",
    value: "URL",
    type: "text",
    group: "command",
    help: "the file server: http://HOST:8080/k8s",
  },
  registryHost: {
    name: "registry-host",
    value: "HOST",
    type: "text",
    group: "command",
    help: "the registry: HOST:5000, https://HOST, HOST/PREFIX",
  },
  naming: {
    name: "map",
    value: "NAMING",
    type: "naming",
    choices: ["strip-host", "keep-host"],
    default: "strip-host",
    group: "command",
    help: "HOST/name (strip-host), or HOST/quay.io/name (keep-host)",
  },
  caOnNodes: {
    name: "ca-on-nodes",
    value: "PATH",
    type: "text",
    default: "/etc/ssl/certs/kso-ca.pem",
    group: "command",
    help: "where nodes have that CA",
  },
  credentials: {
    name: "credentials",
    value: "LIST",
    type: "list",
    choices: ["files", "registry"],
    default: [],
    group: "command",
    help: "files, registry: which ask for a name and a password",
  },
  insecure: { name: "insecure", type: "switch", group: "command", help: "do not look at certificates" },
} as const;

/** Option → flag: of one command each. */
export const commandFlags = {
  check: {
    name: "check",
    type: "switch",
    group: "command",
    help: "look up every file and image at its address, for each architecture",
  },
  catchAll: {
    name: "catch-all",
    type: "switch",
    group: "command",
    help: "containerd: ask kso serve for every other registry too",
  },
  pushRegistry: {
    name: "registry",
    value: "HOST[/PREFIX]",
    type: "pushRegistry",
    group: "command",
    help: "where images go; http:// in front of it where there is no TLS",
  },
  filesTo: {
    name: "files-to",
    value: "URL",
    type: "filesAddress",
    group: "command",
    help: "where files go: s3://BUCKET/PREFIX, or http(s):// of a server that takes PUT",
  },
  mapping: {
    name: "map",
    value: "NAMING",
    type: "text",
    choices: ["strip-host", "keep-host", "flatten"],
    defaultText: "strip-host",
    group: "command",
    help: "names in the registry: strip-host, keep-host, flatten",
  },
  layout: {
    name: "layout",
    value: "LAYOUT",
    type: "text",
    choices: ["origin", "inventory"],
    defaultText: "origin",
    group: "command",
    help: "names at the site: the origins', or those that an inventory asks for",
  },
  index: {
    name: "index",
    value: "MODE",
    type: "text",
    choices: ["auto", "keep", "trim"],
    defaultText: "auto",
    group: "command",
    help: "keep indexes, trim them to the platforms in the bundle, or trim where the registry refuses them",
  },
  s3Endpoint: {
    name: "s3-endpoint",
    value: "URL",
    type: "text",
    defaultText: "AWS_ENDPOINT_URL",
    group: "command",
    help: "object storage that is not Amazon's",
  },
  threads: {
    name: "jobs",
    value: "N",
    type: "count",
    defaultText: "one a processor",
    group: "command",
    help: "threads that hash",
  },
  unused: {
    name: "unused",
    type: "switch",
    group: "command",
    help: "with --kubespray-dir: list what is in the bundle and will not be asked for",
  },
  releases: {
    name: "releases",
    type: "switch",
    group: "command",
    help: "A and B are kubespray releases (B's default: the newest); selection flags narrow down",
  },
  keptLocks: {
    name: "lock",
    value: "FILE",
    type: "list",
    default: [],
    group: "command",
    help: "prune: keep what this lock needs; repeatable",
    completes: "file",
    access: "read",
  },
  all: { name: "all", type: "switch", group: "command", help: "prune: keep nothing" },
  list: { name: "list", type: "switch", group: "command", help: "list what is trusted, and what has changed" },
  remove: { name: "remove", type: "switch", group: "command", help: "trust it no longer" },
  online: {
    name: "online",
    type: "switch",
    group: "command",
    help: "also ask each origin, or the mirror named for it, whether it answers",
  },
} as const;

/** The options of {@link endpointFlags}. */
export const endpointKeys: readonly (keyof typeof endpointFlags)[] = Object.keys(
  endpointFlags,
) as (keyof typeof endpointFlags)[];
