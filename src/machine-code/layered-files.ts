// The file system that an image's layers make. A layer is read once, when a lookup first gets down to it, and what is kept of it in
// memory is bounded: what did not fit is looked for by reading the layer again.
import { type FileNode, type LayerEntry, layerEntries } from "./layer-entries.ts";
import type { OpenStream } from "./reader.ts";

/** The memory for the entries of all layers together, in bytes, roughly: the paths of about 50,000 files. */
const defaultBudget = 8 * 1024 * 1024;
const bytesPerEntry = 100;

/** The layers of an image, the last of them on top. Keeps no more than `budget` bytes of their entries, roughly. */
export class LayeredFiles {
  readonly #layers: readonly { readonly open: OpenStream }[];
  readonly #indexes: (LayerIndex | undefined)[] = [];
  #budget: number;

  constructor(layers: readonly { readonly open: OpenStream }[], budget: number = defaultBudget) {
    this.#layers = layers;
    this.#budget = budget;
  }

  /** What is at an absolute path without links in its parents; undefined where nothing is. */
  async lookup(path: string): Promise<FileNode | undefined> {
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const layer = await this.#layerFor(index, path);
      const node = layer.nodes.get(path);
      if (node?.type === "hardlink") return await this.#hardLinked(node.link, index);
      if (node) return node;
      if (layer.hides(path)) return undefined;
    }
    return undefined;
  }

  /** A hard link names a file of its own layer, or one that it was linked to further down. Links do not point to links. */
  async #hardLinked(target: string, from: number): Promise<FileNode | undefined> {
    for (let index = from; index >= 0; index--) {
      const node = (await this.#layerFor(index, target)).nodes.get(target);
      if (node) return node.type === "hardlink" ? undefined : node;
    }
    return undefined;
  }

  /** The index of a layer, or one of that path alone where the layer was too large to be kept. */
  async #layerFor(index: number, path: string): Promise<LayerIndex> {
    const { open } = this.#layers[index] as { open: OpenStream };
    this.#indexes[index] ??= await this.#read(open);
    const layer = this.#indexes[index];
    return layer.complete || layer.nodes.has(path) ? layer : await indexOfPath(open, path);
  }

  async #read(open: OpenStream): Promise<LayerIndex> {
    const layer = new LayerIndex();
    for await (const [path, entry] of layerEntries(open)) {
      this.#budget -= path.length + bytesPerEntry + ("link" in entry ? entry.link.length : 0);
      if (this.#budget < 0) layer.complete = false;
      else layer.add(path, entry);
    }
    return layer;
  }
}

/** The entries of one layer, by path. */
class LayerIndex {
  readonly nodes = new Map<string, FileNode>();
  /** False where the budget was spent: a path that is not in `nodes` may still be in the layer. */
  complete = true;
  /** Paths of layers below that this one hides. */
  readonly #whiteouts = new Set<string>();
  /** Directories of layers below whose content this one hides. */
  readonly #opaque = new Set<string>();

  add(path: string, entry: LayerEntry): void {
    if (entry.type === "whiteout") this.#whiteouts.add(path);
    else if (entry.type === "opaque") this.#opaque.add(path);
    else this.nodes.set(path, entry);
  }

  /** True when this layer hides that path of the layers below. */
  hides(path: string): boolean {
    if (this.#whiteouts.has(path)) return true;
    return parents(path).some((parent) => this.#whiteouts.has(parent) || this.#opaque.has(parent));
  }
}

/** The index of one path and the directories above it, in a layer that is too large to be kept. */
async function indexOfPath(open: OpenStream, path: string): Promise<LayerIndex> {
  const layer = new LayerIndex();
  const paths = new Set([path, ...parents(path)]);
  for await (const [entryPath, entry] of layerEntries(open)) if (paths.has(entryPath)) layer.add(entryPath, entry);
  return layer;
}

/** The directories above, the root last: "/a/b" → "/a", "/". */
function parents(path: string): string[] {
  const directories: string[] = [];
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
    directories.push(path.slice(0, end));
  return [...directories, "/"];
}
