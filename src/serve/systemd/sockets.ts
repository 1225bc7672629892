// Sockets that systemd opened for this process (sd_listen_fds(3)): the environment travels in, which socket is whose travels out.
import { KsoError } from "../../core/errors.ts";

/** Numbers of open files. */
export interface SystemdSockets {
  readonly files?: number;
  readonly registry?: number;
}

/** The first file that is handed on; 0, 1 and 2 are the usual ones. */
const first = 3;

/**
 * By name (`FileDescriptorName=files`, `registry`), or in order where they have none of these names: files, then registry; one alone
 * is both. Undefined where nothing was handed to this very process.
 * @throws KsoError `usage` for names or numbers that make no sense.
 */
export function systemdSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): SystemdSockets | undefined {
  const { LISTEN_PID: meant, LISTEN_FDS: count = "", LISTEN_FDNAMES: text = "" } = env;
  if (meant !== String(pid)) return undefined;
  if (!/^[1-9]$/.test(count))
    throw new KsoError("usage", `Cannot use LISTEN_FDS=${count}: one socket or two are wanted`);
  const files = Array.from({ length: Number(count) }, (_, at) => first + at);
  const names = text.split(":");
  const named = names.filter((name) => name === "files" || name === "registry");
  if (named.length === 0) {
    const [one, two = one, more] = files;
    if (one === undefined || two === undefined || more !== undefined)
      throw new KsoError(
        "usage",
        `Cannot tell ${count} sockets apart: name them with FileDescriptorName=files and registry`,
      );
    return { files: one, registry: two };
  }
  if (named.length !== files.length || new Set(named).size !== named.length)
    throw new KsoError("usage", `Cannot use LISTEN_FDNAMES=${text}: each socket is files or registry, and each once`);
  return Object.fromEntries(named.map((name, at) => [name, first + at]));
}
