// What `kso serve --install` has on a machine: the unit, a copy of kso where services find it, rules for the access log.
import { realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { readRegular } from "../../files/read.ts";
import { statsAt } from "../../files/stats.ts";
import { stateDirectory } from "./unit.ts";

/** The name of the service. */
export const serviceName = "kso-serve.service";
/** Where its unit lies. */
export const unitPath: string = `/etc/systemd/system/${serviceName}`;
/** Where the rules for its access log lie. */
export const logrotatePath = "/etc/logrotate.d/kso-serve";
/** Where kso is copied to, where it runs from a place that services should not depend on. */
export const programPath = "/usr/local/bin/kso";

/** No program is larger. Bytes. */
export const maxProgramSize: number = 1 << 30;

/** How a unit of kso's begins, also one of an earlier kso; and how its rules for logrotate do. */
export const ownMarks: Readonly<Record<string, RegExp>> = {
  [unitPath]: /^(?:# written by kso|\[Unit\]\nDescription=kso: )/,
  [logrotatePath]: /^# written by kso/,
};

/** Stands in a unit whose program --install has brought there. */
const broughtMark = `# ${programPath} was copied there by --install`;

/** The unit, with the note that its program was brought there. */
export function withBroughtProgram(unit: string): string {
  return `${unit}${broughtMark}\n`;
}

/** Has --install brought the program of this unit? */
export function hasBroughtProgram(unit: string): boolean {
  return unit.includes(broughtMark);
}

/** Is a program at this path a part of the system, so that a service may depend on it? */
export function isStable(program: string): boolean {
  return /^\/(?:usr|opt|bin)\//.test(program);
}

/** Rules that rotate the access log weekly; kso opens it anew when it is reloaded. */
export function logrotateRules(path: string): string {
  return `# written by kso serve --install; kso serve --uninstall removes it
"${resolve(stateDirectory, path)}" {
	su root root
	weekly
	rotate 8
	compress
	delaycompress
	missingok
	notifempty
	nocreate
	postrotate
		systemctl reload ${serviceName} || true
	endscript
}
`;
}

/**
 * Checks that the service's own user can read a bundle.
 * @throws KsoError `usage` naming what is closed, and the command that opens it.
 */
export function assertReadableByService(bundle: string): void {
  const path = realpathSync(resolve(bundle));
  if (/^\/(?:tmp|var\/tmp)\//.test(path))
    throw new KsoError(
      "usage",
      `Cannot serve ${path} as a service: it has a /tmp of its own; move the bundle, for example to /srv/kso`,
    );
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    if (((statsAt(directory)?.mode ?? 0) & 0o001) === 0)
      throw new KsoError(
        "usage",
        `Cannot serve ${path} as a service: its user cannot enter ${directory}; move the bundle, for example to /srv/kso`,
      );
    if (directory === dirname(directory)) break;
  }
  const stats = statsAt(path);
  const needed = stats?.isDirectory() ? 0o005 : 0o004;
  if (((stats?.mode ?? 0) & needed) !== needed)
    throw new KsoError("usage", `Cannot serve ${path} as a service: its user cannot read it; chmod -R o+rX ${path}`);
}

/** The file's bytes; undefined where there is none. */
export function bytesAt(root: string, path: string): Uint8Array | undefined {
  const place = join(root, path);
  return statsAt(place)?.isFile() ? readRegular(place, maxProgramSize) : undefined;
}
