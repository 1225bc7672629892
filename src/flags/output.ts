// Flags about output: those of many commands, and those of the export formats.

/** Option → flag: on every command. */
export const generalFlags = {
  json: {
    name: "json",
    type: "switch",
    group: "general",
    help: "one JSON value on stdout",
    oneTime: "what one run prints",
  },
  quiet: {
    name: "quiet",
    type: "switch",
    group: "general",
    help: "nothing on stderr but errors",
    oneTime: "what one run prints",
  },
} as const;

/** The options of {@link generalFlags}. */
export const generalKeys: readonly (keyof typeof generalFlags)[] = ["json", "quiet"];

/** Option → flag: of several commands. */
export const outputFlags = {
  config: {
    name: "config",
    value: "FILE",
    type: "text",
    defaultText: "kso.yaml here, where there is one",
    group: "general",
    help: "flags in a file",
    completes: "file",
    access: "read",
    oneTime: "it names the file",
  },
  format: {
    name: "format",
    short: "f",
    value: "FORMAT",
    type: "text",
    group: "output",
    help: "what to write; the formats are below",
    completes: "formats",
    setting: "value",
  },
  output: {
    name: "output",
    short: "o",
    value: "PATH",
    type: "text",
    group: "output",
    help: "where to write",
    completes: "file",
    access: "write",
    setting: "path",
  },
  configOutput: {
    name: "output",
    short: "o",
    value: "PATH",
    type: "text",
    group: "output",
    help: "where to write",
    completes: "file",
    access: "write",
    setting: "path",
    below: true,
  },
  pluginOutput: {
    name: "output",
    short: "o",
    value: "PATH",
    type: "text",
    group: "output",
    help: "where to write",
    completes: "file",
    access: "write",
    oneTime: "each plugin has its own",
  },
  outputFolder: {
    name: "output",
    short: "o",
    value: "DIR",
    type: "text",
    defaultText: "--manifests, or manifests here",
    group: "output",
    help: "the manifests folder to bring up to date",
    completes: "directory",
    access: "write",
    oneTime: "the setting manifests names the folder",
  },
  force: {
    name: "force",
    type: "switch",
    group: "output",
    help: "replace files that kso did not write; each is kept as NAME.bak",
    oneTime: "what one run may replace",
  },
  dryRun: {
    name: "dry-run",
    type: "switch",
    group: "output",
    help: "only say what would be done",
    oneTime: "what one run does",
  },
} as const;

/** Option → flag: each of some formats of `kso export`; the others refuse it. */
export const formatFlags = {
  withBinaries: {
    name: "with-binaries",
    type: "switch",
    group: "format",
    formats: ["tarball"],
    help: "tarball: kso itself travels along, for both architectures",
    setting: "value",
  },
  binaries: {
    name: "binaries",
    value: "DIR",
    type: "text",
    defaultText: "beside this one, else the release's",
    group: "format",
    formats: ["tarball"],
    help: "where those binaries lie; release: those of kso's release",
    completes: "directory",
    access: "read",
    setting: "path",
    pathPart: "no release",
  },
  split: {
    name: "split",
    value: "SIZE",
    type: "bytes",
    group: "format",
    formats: ["tarball"],
    help: "tarball: in volumes of that size (4.7G, 700M, 1GiB)",
    setting: "value",
  },
  base: {
    name: "base",
    value: "PATH",
    type: "text",
    group: "format",
    formats: ["tarball"],
    help: "tarball: only what this lock or bundle has not",
    completes: "file",
    access: "read tree",
    oneTime: "each bundle has another base",
  },
  baseFiles: {
    name: "base-files",
    value: "IMAGE",
    type: "text",
    defaultText: "the plan's own",
    group: "format",
    formats: ["image", "compose"],
    help: "image, compose: build the file server on this nginx",
    setting: "value",
  },
  baseImages: {
    name: "base-images",
    value: "IMAGE",
    type: "text",
    defaultText: "the plan's own",
    group: "format",
    formats: ["image", "compose"],
    help: "image, compose: build the registry on this one",
    setting: "value",
  },
  copy: {
    name: "copy",
    type: "switch",
    group: "format",
    formats: ["registry"],
    help: "registry: with bytes of its own, no hard links into the store",
    setting: "value",
  },
} as const;

/** The options of {@link formatFlags}. */
export const formatKeys: readonly (keyof typeof formatFlags)[] = Object.keys(
  formatFlags,
) as (keyof typeof formatFlags)[];
