// Flags about the store, and about fetching into it.

/** Option → flag: of every command that fetches. */
export const fetchingFlags = {
  store: {
    name: "store",
    value: "DIR",
    type: "text",
    defaultText: "kso below the XDG cache directory",
    group: "fetching",
    help: "the store",
    setting: "path",
    completes: "directory",
    access: "keep tree",
  },
  lock: {
    name: "lock",
    value: "FILE",
    type: "text",
    default: "kso.lock.json",
    group: "fetching",
    help: "the lock to keep to, and to write",
    setting: "path",
    completes: "file",
    access: "keep",
  },
  update: {
    name: "update",
    type: "switch",
    group: "fetching",
    help: "take what upstream has now, whatever the lock says",
  },
  jobs: {
    name: "jobs",
    value: "N",
    type: "count",
    default: 8,
    group: "fetching",
    help: "downloads at one time",
    setting: "value",
  },
  extra: {
    name: "extra",
    value: "FILE",
    type: "texts",
    group: "fetching",
    help: "also these files and images, such as what kso serve was asked for and lacked (its /missing, or --missing); repeatable",
    setting: "path",
    completes: "file",
    access: "read",
  },
  allowMissing: {
    name: "allow-missing",
    value: "NAME",
    type: "list",
    default: [],
    group: "fetching",
    help: "go on without an architecture that upstream's image lacks; on record",
  },
  allowArchMismatch: {
    name: "allow-arch-mismatch",
    value: "NAME",
    type: "list",
    default: [],
    group: "fetching",
    help: "let an item through that holds another architecture's code",
  },
  acceptDigest: {
    name: "accept-digest",
    value: "NAME=DIGEST",
    type: "digests",
    group: "fetching",
    help: "let bytes in that are not the published ones; on record",
  },
  deep: {
    name: "deep",
    type: "switch",
    group: "fetching",
    help: "look at every executable, in archives and images too",
  },
  ca: {
    name: "ca",
    value: "FILE",
    type: "text",
    group: "fetching",
    help: "further certificates to trust (PEM)",
    setting: "path",
    completes: "file",
    access: "read",
  },
} as const;

/** The options of {@link fetchingFlags}. */
export const fetchingKeys: readonly (keyof typeof fetchingFlags)[] = Object.keys(
  fetchingFlags,
) as (keyof typeof fetchingFlags)[];
