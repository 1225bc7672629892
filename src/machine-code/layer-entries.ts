// Reads the entries of one layer of an image: files that it adds, and whiteouts, which hide what the layers below have.
import { headerSize, isProgram, machineOf } from "./elf.ts";
import { decompress, formatOf, isCompressed, sniffSize } from "./format.ts";
import { type OpenStream, Reader } from "./reader.ts";
import { type TarMember, tarMembers } from "./tar.ts";

/** What is at a path. */
export type FileNode =
  /** `machine`: of a program; `shebang`: what follows #! in the first line. Neither: some other file. */
  | { readonly type: "file"; readonly executable: boolean; readonly machine?: string; readonly shebang?: string }
  | { readonly type: "directory" }
  | { readonly type: "symlink" | "hardlink"; readonly link: string };

/** A file, or what hides files of the layers below: `whiteout` the path itself, `opaque` all in that directory. */
export type LayerEntry = FileNode | { readonly type: "whiteout" } | { readonly type: "opaque" };

/** A first line longer than this is not a path. Bytes. */
const shebangSize = 256;

/** The entries of a layer with their absolute paths. Throws what reading the layer throws. */
export async function* layerEntries(open: OpenStream): AsyncGenerator<[path: string, entry: LayerEntry]> {
  const raw = new Reader(open());
  const format = formatOf(await raw.peek(sniffSize));
  const reader = isCompressed(format) ? new Reader(decompress(format, raw)) : raw;
  try {
    // What is no tar (an attestation, an encrypted layer) has no files to offer.
    if (formatOf(await reader.peek(sniffSize)) !== "tar") return;
    for await (const member of tarMembers(reader)) yield await entryOf(member);
  } finally {
    await reader.close();
    await raw.close();
  }
}

/** "./usr//bin/" → "/usr/bin"; ".." never leaves the root. */
export function absolutePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

async function entryOf(member: TarMember): Promise<[path: string, entry: LayerEntry]> {
  const path = absolutePath(member.name);
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const folder = path.slice(0, slash) || "/";
  if (name === ".wh..wh..opq") return [folder, { type: "opaque" }];
  if (name.startsWith(".wh.")) return [absolutePath(`${folder}/${name.slice(4)}`), { type: "whiteout" }];
  return [path, await nodeOf(member)];
}

async function nodeOf({ type, link, mode, body }: TarMember): Promise<FileNode> {
  switch (type) {
    case "directory":
      return { type };
    case "symlink":
      return { type, link };
    case "hardlink":
      return { type, link: absolutePath(link) };
    case "file":
      return fileNode(await body.peek(shebangSize), (mode & 0o111) !== 0);
    case "other":
      return { type: "file", executable: false };
  }
}

function fileNode(start: Uint8Array, executable: boolean): FileNode {
  if (start[0] === 0x23 && start[1] === 0x21) {
    const [line = ""] = new TextDecoder().decode(start.subarray(2)).split("\n", 1);
    return { type: "file", executable, shebang: line.trim() };
  }
  const machine = isProgram(start.subarray(0, headerSize)) ? machineOf(start) : undefined;
  return { type: "file", executable, ...(machine !== undefined && { machine }) };
}
