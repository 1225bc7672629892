// The layers of an image travel in, top first; out travel the answers to "what is at this path?". A layer is read when a
// question gets down to it, once, and what is kept of it is bounded: what did not fit is looked for by reading again.
import { headSize, isProgram, machineOf } from "./elf.ts";
import { decompress, formatOf, isCompressed, sniffSize } from "./format.ts";
import { type OpenStream, Reader } from "./reader.ts";
import { tarMembers } from "./tar.ts";

/** What is at a path. */
export type FileNode =
  /** `machine`: of a program; `shebang`: what follows #! in the first line. Neither: some other file. */
  | { readonly type: "file"; readonly executable: boolean; readonly machine?: string; readonly shebang?: string }
  | { readonly type: "directory" }
  | { readonly type: "symlink" | "hardlink"; readonly link: string };

/** Answers for absolute paths without links in their parents; undefined where nothing is. */
export type PathLookup = (path: string) => Promise<FileNode | undefined>;

/** Kept of all layers together, in bytes, roughly: the paths of about 50,000 files. */
const usual = 8 * 1024 * 1024;
const perEntry = 100;
/** A first line longer than this is not a path. */
const shebangSize = 256;

interface Layer {
  readonly nodes: Map<string, FileNode>;
  /** Paths that this layer takes away from those below, and directories whose content it takes away. */
  readonly gone: Set<string>;
  readonly opaque: Set<string>;
  /** False where the budget was spent: what is not in `nodes` may yet be in the layer. */
  complete: boolean;
}

/** The file system that the layers make, the last of them on top. Keeps no more than `budget` bytes of it, roughly. */
export function treeOf(layers: readonly { readonly open: OpenStream }[], budget: number = usual): PathLookup {
  const read: (Layer | undefined)[] = [];
  let left = budget;
  const layerAt = async (index: number): Promise<Layer> => {
    const known = read[index];
    if (known) return known;
    const layer: Layer = { nodes: new Map(), gone: new Set(), opaque: new Set(), complete: true };
    for await (const [path, node] of entriesOf((layers[index] as { open: OpenStream }).open)) {
      left -= path.length + perEntry + (node !== "gone" && node !== "opaque" && "link" in node ? node.link.length : 0);
      if (left < 0) layer.complete = false;
      else keep(layer, path, node);
    }
    read[index] = layer;
    return layer;
  };
  return async (path) => {
    for (let index = layers.length - 1; index >= 0; index--) {
      let layer = await layerAt(index);
      if (!(layer.complete || layer.nodes.has(path)))
        layer = await again((layers[index] as { open: OpenStream }).open, path);
      const node = layer.nodes.get(path);
      if (node?.type === "hardlink") return await hardLinked(node.link, index);
      if (node) return node;
      if (layer.gone.has(path)) return undefined;
      if (parents(path).some((above) => layer.gone.has(above) || layer.opaque.has(above))) return undefined;
    }
    return undefined;
  };

  /** A hard link names a file of its own layer, or one that it was linked to further down. Links do not point to links. */
  async function hardLinked(target: string, from: number): Promise<FileNode | undefined> {
    for (let index = from; index >= 0; index--) {
      let layer = await layerAt(index);
      if (!(layer.complete || layer.nodes.has(target))) {
        layer = await again((layers[index] as { open: OpenStream }).open, target);
      }
      const node = layer.nodes.get(target);
      if (node) return node.type === "hardlink" ? undefined : node;
    }
    return undefined;
  }
}

/** What a layer that was too large to be kept says about one path. */
async function again(open: OpenStream, path: string): Promise<Layer> {
  const layer: Layer = { nodes: new Map(), gone: new Set(), opaque: new Set(), complete: false };
  const wanted = new Set([path, ...parents(path)]);
  for await (const [at, node] of entriesOf(open)) if (wanted.has(at)) keep(layer, at, node);
  return layer;
}

function keep(layer: Layer, path: string, node: FileNode | "gone" | "opaque"): void {
  if (node === "gone") layer.gone.add(path);
  else if (node === "opaque") layer.opaque.add(path);
  else layer.nodes.set(path, node);
}

/** The directories above, the root last: "/a/b" → "/a", "/". */
function parents(path: string): string[] {
  const found: string[] = [];
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) found.push(path.slice(0, end));
  return [...found, "/"];
}

async function* entriesOf(open: OpenStream): AsyncGenerator<[path: string, node: FileNode | "gone" | "opaque"]> {
  const raw = new Reader(open());
  const kind = formatOf(await raw.peek(sniffSize));
  const reader = isCompressed(kind) ? new Reader(decompress(kind, raw)) : raw;
  try {
    // What is no tar (an attestation, an encrypted layer) has no files to offer.
    if (formatOf(await reader.peek(sniffSize)) !== "tar") return;
    for await (const { name, type, mode, link, body } of tarMembers(reader)) {
      const path = absolutePath(name);
      const slash = path.lastIndexOf("/");
      const stem = path.slice(slash + 1);
      const folder = path.slice(0, slash) || "/";
      if (stem === ".wh..wh..opq") yield [folder, "opaque"];
      else if (stem.startsWith(".wh.")) yield [absolutePath(`${folder}/${stem.slice(4)}`), "gone"];
      else if (type === "directory") yield [path, { type }];
      else if (type === "symlink") yield [path, { type, link }];
      else if (type === "hardlink") yield [path, { type, link: absolutePath(link) }];
      else yield [path, fileNode(type === "file" ? await body.peek(shebangSize) : undefined, mode)];
    }
  } finally {
    await reader.close();
    await raw.close();
  }
}

function fileNode(head: Uint8Array | undefined, mode: number): FileNode {
  const executable = (mode & 0o111) !== 0;
  if (!head) return { type: "file", executable: false };
  if (head[0] === 0x23 && head[1] === 0x21) {
    const [line = ""] = new TextDecoder().decode(head.subarray(2)).split("\n", 1);
    return { type: "file", executable, shebang: line.trim() };
  }
  const machine = isProgram(head.subarray(0, headSize)) ? machineOf(head) : undefined;
  return { type: "file", executable, ...(machine === undefined ? {} : { machine }) };
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
