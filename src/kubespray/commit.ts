// The commit of a checkout, read from .git without running git.
import type { Folder } from "../ansible/folder.ts";

/** Characters of a file in .git that are read. */
const maxLength = 1_000_000;

/** The commit that is checked out, or undefined. git itself could run programs that the checkout configures. */
export function commitOf(folder: Folder): string | undefined {
  const read = (path: string): string | undefined =>
    folder.kind(path) === "file" ? folder.read(path).slice(0, maxLength) : undefined;
  const head = read(".git/HEAD")?.trim();
  const [, ref] = /^ref: (refs\/[\w./-]+)$/.exec(head ?? "") ?? [];
  if (ref === undefined) return head !== undefined && /^[0-9a-f]{40,64}$/.test(head) ? head : undefined;
  if (ref.includes("..")) return undefined;
  const loose = read(`.git/${ref}`)?.trim();
  const packed = read(".git/packed-refs")
    ?.split("\n")
    .find((line) => line.endsWith(` ${ref}`));
  return (loose ?? packed?.split(" ")[0])?.match(/^[0-9a-f]{40,64}$/)?.[0];
}
