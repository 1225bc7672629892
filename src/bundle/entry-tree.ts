// The tree of files and directories that an archive would make on a disk. It takes the entries one by one, and refuses one that
// contradicts those before it.
import { quotedName } from "../core/quote.ts";

/** `implied`: a directory without an entry of its own. `awaited`: the target of a link, without an entry so far. */
type NodeKind = "file" | "link" | "directory" | "implied" | "awaited";

/** The number of characters that all names together may have, which bounds memory. */
const maxNameCharacters = 1 << 25;

/** An entry as the tree sees it; a directory's name ends with a slash. */
interface TreeEntry {
  readonly name: string;
  readonly type: "file" | "link" | "directory";
  readonly target?: string;
}

/** The names of an archive as far as it was read. */
export class EntryTree {
  readonly #kinds = new Map<string, NodeKind>();
  #characters = 0;

  /** Adds an entry; returns how it contradicts those before it, or undefined when it does not. */
  add({ name, type, target }: TreeEntry): string | undefined {
    const path = type === "directory" ? name.slice(0, -1) : name;
    const fault =
      this.#nameFault(path, type) ??
      this.#parentFault(path) ??
      (target === undefined ? undefined : this.#targetFault(target));
    if (fault !== undefined) return fault;
    this.#set(path, type);
    return this.#characters > maxNameCharacters ? "the names of the archive are too long together" : undefined;
  }

  #nameFault(path: string, type: TreeEntry["type"]): string | undefined {
    const kind = this.#kinds.get(path);
    if (kind === "awaited") return "a link before it leads to it";
    if (kind === "implied" && type !== "directory") return "an entry before it lies below it";
    return kind !== undefined && kind !== "implied" ? "two entries have this name" : undefined;
  }

  /** Adds the directories above a path that have no entry; returns what is wrong with one of them. */
  #parentFault(path: string): string | undefined {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      const kind = this.#kinds.get(parent);
      if (kind === "directory" || kind === "implied") return undefined;
      if (kind !== undefined) return `it lies below ${quotedName(parent)}, which is no directory`;
      this.#set(parent, "implied");
    }
    return undefined;
  }

  #targetFault(target: string): string | undefined {
    const kind = this.#kinds.get(target);
    if (kind === undefined) this.#set(target, "awaited");
    else if (kind !== "file" && kind !== "awaited") return `it leads to ${quotedName(target)}, which is no file`;
    return undefined;
  }

  #set(path: string, kind: NodeKind): void {
    this.#kinds.set(path, kind);
    this.#characters += path.length;
  }
}
