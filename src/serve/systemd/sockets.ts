// Sockets that systemd opened for this process (sd_listen_fds(3)).
import type { EnvironmentVariables } from "../../core/environment.ts";
import { KsoError } from "../../core/errors.ts";

/** The number of the open file that each listener takes. */
export interface SystemdSockets {
  readonly files?: number;
  readonly registry?: number;
}

/** The number of the first file that systemd hands on (SD_LISTEN_FDS_START). */
const firstFile = 3;

/**
 * Reads from the environment which socket is whose: by name (`FileDescriptorName=files`, `registry`), or in order where they have
 * none of these names: files, then registry; one alone is both. Undefined where systemd handed nothing to this process.
 * @throws KsoError `usage` for more than two sockets, and for names that do not match them.
 */
export function systemdSockets(env: EnvironmentVariables, pid: number): SystemdSockets | undefined {
  const { LISTEN_PID: receiver, LISTEN_FDS: count = "", LISTEN_FDNAMES: text = "" } = env;
  if (receiver !== String(pid)) return undefined;
  if (!/^[1-9]$/.test(count))
    throw new KsoError("usage", `Cannot use LISTEN_FDS=${count}: one socket or two are wanted`);
  const names = text.split(":").filter((name) => name === "files" || name === "registry");
  if (names.length === 0) return inOrder(Number(count));
  if (names.length !== Number(count) || new Set(names).size !== names.length)
    throw new KsoError("usage", `Cannot use LISTEN_FDNAMES=${text}: each socket is files or registry, and each once`);
  // Every socket has a name here, so the order of the names is the order of the files.
  return Object.fromEntries(names.map((name, index) => [name, firstFile + index]));
}

function inOrder(count: number): SystemdSockets {
  if (count > 2)
    throw new KsoError(
      "usage",
      `Cannot tell ${count} sockets apart: name them with FileDescriptorName=files and registry`,
    );
  return { files: firstFile, registry: firstFile + count - 1 };
}
