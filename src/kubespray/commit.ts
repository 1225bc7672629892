// The commit of a checkout, read from .git without running git, which could run programs that the checkout configures.
import { resolve } from "node:path";
import { type Folder, openFolder } from "../ansible/folder.ts";

/** Characters of a file in .git that are read. */
const maxLength = 1_000_000;

/** The commit that is checked out. It is nice to know and no more: whatever .git may be, it never stops a plan. */
export function commitOf(checkout: Folder): string | undefined {
  try {
    return headOf(gitFolder(checkout));
  } catch {
    return undefined;
  }
}

/** Where git keeps what it knows: .git, or what the file .git of a worktree or a submodule names. */
function gitFolder(checkout: Folder): Folder {
  const [, path = ".git"] = /^gitdir: (.+)$/m.exec(textOf(checkout, ".git") ?? "") ?? [];
  return openFolder(resolve(checkout.path, path));
}

function headOf(git: Folder): string | undefined {
  const head = textOf(git, "HEAD")?.trim() ?? "";
  const [, ref] = /^ref: (refs\/[\w./+@-]+)$/.exec(head) ?? [];
  if (ref === undefined) return asCommit(head);
  if (ref.includes("..")) return undefined;
  // A worktree shares the branches of its repository.
  const shared = textOf(git, "commondir")?.trim();
  const common = shared === undefined ? git : openFolder(resolve(git.path, shared));
  const packed = textOf(common, "packed-refs")
    ?.split("\n")
    .find((line) => line.endsWith(` ${ref}`));
  return asCommit(textOf(git, ref)?.trim() ?? textOf(common, ref)?.trim() ?? packed?.split(" ")[0] ?? "");
}

function asCommit(text: string): string | undefined {
  return /^[0-9a-f]{40,64}$/.test(text) ? text : undefined;
}

function textOf(folder: Folder, path: string): string | undefined {
  return folder.kind(path) === "file" ? folder.read(path).slice(0, maxLength) : undefined;
}
