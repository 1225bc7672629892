// What an archive would make on a disk, kept while it is read: in travel entries, out travel the reasons to refuse them.
import { quoted } from "./name.ts";

/** `awaited`: a link leads there, and nothing of that name has come. */
type Kind = "file" | "link" | "directory" | "implied" | "awaited";

/** Longest all names may be together, in characters: beyond it nobody's memory is safe. */
const longest = 1 << 25;

export interface Tree {
  /** What is wrong with an entry beside those before it. A directory's name ends with a slash. */
  add(entry: {
    readonly name: string;
    readonly type: "file" | "link" | "directory";
    readonly target?: string;
  }): string | undefined;
}

export function startTree(): Tree {
  const kinds = new Map<string, Kind>();
  let length = 0;
  const note = (path: string, kind: Kind): void => {
    kinds.set(path, kind);
    length += path.length;
  };

  return {
    add({ name, type, target }) {
      const path = type === "directory" ? name.slice(0, -1) : name;
      const there = kinds.get(path);
      if (there === "awaited") return "a link before it leads to it";
      if (there === "implied" && type !== "directory") return "an entry before it lies below it";
      if (there !== undefined && there !== "implied") return "two entries have this name";
      for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
        const parent = path.slice(0, end);
        const kind = kinds.get(parent);
        if (kind === "directory" || kind === "implied") break;
        if (kind !== undefined) return `it lies below ${quoted(parent)}, which is no directory`;
        note(parent, "implied");
      }
      if (target !== undefined) {
        const kind = kinds.get(target);
        if (kind === undefined) note(target, "awaited");
        else if (kind !== "file" && kind !== "awaited") return `it leads to ${quoted(target)}, which is no file`;
      }
      note(path, type);
      return length > longest ? "the names of the archive are too long together" : undefined;
    },
  };
}
