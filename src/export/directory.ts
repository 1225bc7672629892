// Writing an export so that nothing half-written is ever seen: beside, flushed, then renamed.
import { randomBytes } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import fs from "fs-extra";
import { KsoError, messageOf } from "../core/errors.ts";
import type { OutputFile } from "./exporter.ts";

/**
 * Writes the files into the directory, creating it where it is missing. Files that belong to the format and are not
 * written anew are removed. After a failure the directory is as it was.
 * @throws KsoError `usage` when the path is not a directory, `unexpected` when it cannot be written.
 */
export async function writeDirectory(path: string, files: readonly OutputFile[], owns: RegExp): Promise<void> {
  const target = resolve(path);
  const there = await statOf(target);
  if (there && !there.isDirectory())
    throw new KsoError("usage", `Cannot write to ${path}: it is a file; name a directory with -o`);
  // Beside the target where that is new, inside it where it exists: a rename never leaves the file system.
  const parent = there ? target : dirname(target);
  const beside = join(parent, `.${basename(target)}.kso-${randomBytes(6).toString("hex")}`);
  try {
    if (!there) await fs.ensureDir(parent);
    await fs.mkdir(beside);
    for (const { path: name, content, executable } of files)
      await writeFlushed(join(beside, name), content, executable ? 0o755 : 0o644);
    if (!there) {
      await fs.rename(beside, target);
      return;
    }
    for (const { path: name } of files) {
      await fs.ensureDir(dirname(join(target, name)));
      await fs.rename(join(beside, name), join(target, name));
    }
    const written = new Set(files.map(({ path: name }) => name));
    for (const name of await fs.readdir(target))
      if (owns.test(name) && !written.has(name)) await fs.remove(join(target, name));
  } catch (cause) {
    throw new KsoError("unexpected", `Cannot write to ${path}: ${advice(cause)}`, cause);
  } finally {
    await fs.remove(beside).catch(() => undefined);
  }
}

/** Writes one file, beside and renamed. @throws KsoError as {@link writeDirectory} does. */
export async function writeFile(path: string, content: string): Promise<void> {
  const target = resolve(path);
  if ((await statOf(target))?.isDirectory())
    throw new KsoError("usage", `Cannot write to ${path}: it is a directory; name a file with -o`);
  const beside = join(dirname(target), `.${basename(target)}.kso-${randomBytes(6).toString("hex")}`);
  try {
    await fs.ensureDir(dirname(target));
    await writeFlushed(beside, content, 0o644);
    await fs.rename(beside, target);
  } catch (cause) {
    throw new KsoError("unexpected", `Cannot write to ${path}: ${advice(cause)}`, cause);
  } finally {
    await fs.remove(beside).catch(() => undefined);
  }
}

async function writeFlushed(path: string, content: string, mode: number): Promise<void> {
  await fs.ensureDir(dirname(path));
  const handle = await fs.promises.open(path, "wx", mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function statOf(path: string): Promise<fs.Stats | undefined> {
  try {
    return await fs.stat(path);
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return undefined;
    throw new KsoError("usage", `Cannot write to ${path}: ${advice(cause)}`, cause);
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return (thrown as NodeJS.ErrnoException | undefined)?.code === code;
}

function advice(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "";
  const known: Record<string, string> = {
    ENOSPC: "no space is left on that file system; free some or name another place with -o",
    EDQUOT: "the disk quota is used up; free some space or name another place with -o",
    EACCES: "permission denied; name a place you may write to with -o",
    EPERM: "permission denied; name a place you may write to with -o",
    EROFS: "the file system is read-only; name another place with -o",
    ENOTDIR: "a part of the path is a file; name another place with -o",
  };
  return known[code] ?? messageOf(cause);
}
