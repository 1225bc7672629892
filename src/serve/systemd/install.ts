// `kso serve --install` and `--uninstall`: what they write and remove, in an order that leaves nothing half done.
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { KsoError, messageOf } from "../../core/errors.ts";
import { replaceFile } from "../../files/atomic.ts";
import { isForeign } from "../../files/foreign.ts";
import {
  bytesAt,
  hasBroughtProgram,
  logrotatePath,
  ownMarks,
  programPath,
  serviceName,
  unitPath,
} from "./service-files.ts";

/** What systemd is asked to do, and where files are. */
export interface ServiceHost {
  /** In front of every path: nothing, or a folder in a test. */
  readonly root: string;
  /** Runs `systemctl`. @returns its exit code and what it said. */
  systemctl(...args: string[]): { readonly code: number; readonly text: string };
  /** Resolves once the service answers. @throws KsoError `remote` with the reason where it does not. */
  answers(): Promise<void>;
}

/** A file that the service has. */
export interface ServiceFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
}

/** A file that is not as it is to be. */
export interface ServiceChange {
  readonly file: ServiceFile;
  /** Undefined where there is none. */
  readonly before: Uint8Array | undefined;
}

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

/**
 * What --install would change.
 * @throws KsoError `usage` for a unit, or rules for logrotate, that kso did not write.
 */
export function serviceChanges(files: readonly ServiceFile[], { root }: Pick<ServiceHost, "root">): ServiceChange[] {
  for (const { path } of files) assertOwn(root, path, "write");
  return files.flatMap((file) => {
    const before = bytesAt(root, file.path);
    const isSame = before !== undefined && Buffer.compare(before, bytesOf(file.content)) === 0;
    return isSame ? [] : [{ file, before }];
  });
}

function assertOwn(root: string, path: string, verb: "write" | "remove"): void {
  const mark = ownMarks[path];
  if (mark && isForeign(join(root, path), mark))
    throw new KsoError(
      "usage",
      `Cannot ${verb} ${path}: it is there, and kso did not write it; ${verb === "write" ? "move it away first" : "remove it by hand"}`,
    );
}

/**
 * Writes what changes, and starts the service. Where that fails, all is put back as it was.
 * @throws KsoError `remote` naming the step that failed, and what was put back.
 */
export async function installService(changes: readonly ServiceChange[], host: ServiceHost): Promise<void> {
  const done: ServiceChange[] = [];
  try {
    for (const change of changes) {
      done.push(change);
      write(host.root, change.file);
    }
    must(host, "daemon-reload");
    must(host, "enable", serviceName);
    must(host, changes.length > 0 ? "restart" : "start", serviceName);
    await host.answers();
  } catch (cause) {
    const back = putBack(done, host);
    throw new KsoError("remote", `Cannot install ${serviceName}: ${messageOf(cause)}; ${back}`, cause);
  }
}

function write(root: string, { path, content, mode }: ServiceFile): void {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  replaceFile(place, content, mode);
}

function must(host: ServiceHost, ...args: string[]): void {
  const { code, text } = host.systemctl(...args);
  if (code !== 0) throw new KsoError("remote", `systemctl ${args.join(" ")} ended with ${code}: ${text.trim()}`);
}

/** @returns what was done, in words. */
function putBack(done: readonly ServiceChange[], host: ServiceHost): string {
  const isNew = done.some(({ file, before }) => file.path === unitPath && before === undefined);
  if (isNew) host.systemctl("disable", "--now", serviceName);
  const words = done.toReversed().map(({ file, before }) => {
    if (before === undefined) {
      rmSync(join(host.root, file.path), { force: true });
      return `${file.path} is removed again`;
    }
    write(host.root, { ...file, content: before });
    return `${file.path} is as it was`;
  });
  host.systemctl("daemon-reload");
  host.systemctl("reset-failed", serviceName);
  if (!isNew && done.length > 0) host.systemctl("restart", serviceName);
  return words.length > 0 ? words.join(", ") : "no file was changed";
}

/**
 * What --uninstall would remove: nothing that it did not write.
 * @throws KsoError `usage` for a unit that kso did not write.
 */
export function installedFiles({ root }: Pick<ServiceHost, "root">): string[] {
  for (const path of [unitPath, logrotatePath]) assertOwn(root, path, "remove");
  const unit = bytesAt(root, unitPath);
  const text = unit === undefined ? "" : new TextDecoder().decode(unit);
  return [unitPath, logrotatePath, ...(hasBroughtProgram(text) ? [programPath] : [])].filter(
    (path) => bytesAt(root, path) !== undefined,
  );
}

/** Stops the service and removes these files. @throws KsoError `remote` where systemd does not stop it; nothing is removed then. */
export function uninstallService(files: readonly string[], host: ServiceHost): void {
  must(host, "disable", "--now", serviceName);
  for (const path of files) rmSync(join(host.root, path), { force: true });
  must(host, "daemon-reload");
  host.systemctl("reset-failed", serviceName);
}
