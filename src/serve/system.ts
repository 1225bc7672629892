// Where kso serves: on Linux with all that it has, on macOS without a service, on Windows not at all.
import { KsoError } from "../core/errors.ts";

/** Checks that this system can serve. @param system in Node's words: `linux`, `darwin`, `win32`. @throws KsoError `usage` where it cannot. */
export function assertServes(system: string): void {
  if (system === "win32")
    throw new KsoError(
      "usage",
      "kso serve does not run on Windows: serve the bundle on a Linux machine, with the kso in it (--with-binaries); kso verify and kso push work here",
    );
}

/** Checks that this system has systemd. @param system as for {@link assertServes}. @throws KsoError `usage` where it has none. */
export function assertHasServices(system: string, flag: string): void {
  if (system !== "linux")
    throw new KsoError(
      "usage",
      `--${flag} is about a service of systemd, which ${system === "darwin" ? "macOS" : "Windows"} does not have: run it on the Linux machine that serves`,
    );
}
