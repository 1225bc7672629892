// kubespray's own tags, out of the clone that KUBESPRAY_CLONE names.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** The clone, with all its tags; undefined where there is none. */
export const clone: string | undefined = process.env["KUBESPRAY_CLONE"];

/** The tag's files below a folder, as git archives them. @returns where they are. */
export function tagged(folder: string, tag: string): string {
  const path = join(folder, tag);
  if (existsSync(path)) return path;
  mkdirSync(path, { recursive: true });
  const script = `git -C "$0" archive "$1" cluster.yml playbooks roles inventory galaxy.yml | tar x -C "$2"`;
  const { success, stderr } = Bun.spawnSync(["sh", "-c", script, clone ?? "", tag, path]);
  if (!success) throw new Error(stderr.toString());
  return path;
}
