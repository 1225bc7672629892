// File systems of a test's own, as small as it needs them.
import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file system of so many megabytes at `folder`/`name`. */
export function disk(folder: string, name: string, megabytes: number): { path: string } & Disposable {
  const path = join(folder, name);
  mkdirSync(path);
  const made = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path]);
  if (made.exitCode !== 0) throw new Error(`no tmpfs can be mounted here: ${made.stderr}`);
  return { path, [Symbol.dispose]: () => void Bun.spawnSync(["umount", "--lazy", path]) };
}

/** Takes all room but so many bytes. @returns the file that takes it. */
export function fill(path: string, but: number): string {
  const { bavail, bsize } = statfsSync(path);
  const name = join(path, "fill");
  writeFileSync(name, new Uint8Array(Math.max(0, bavail * bsize - but)));
  return name;
}
