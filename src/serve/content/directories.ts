// The directories of the file tree, for people and for `wget -r`.
import { plainText } from "../handler.ts";
import type { ContentIndex } from "./content-index.ts";

/** A file or a directory in a listing; a directory's name ends with a slash, and it has no size. */
export interface DirectoryEntry {
  readonly name: string;
  readonly size?: number;
}

/** Renders the page of a directory; `path` is the path that the page shows: `/k8s/dl.k8s.io/`. */
export type RenderListing = (request: Request, path: string, entries: readonly DirectoryEntry[]) => Response;

/**
 * Answers the paths that are directories: `path` as it was sent, `name` decoded and without its first slash. Undefined for any
 * other path.
 */
export function directories(
  index: ContentIndex,
  render: RenderListing,
): (request: Request, name: string, path: string) => Response | undefined {
  let tree: ReadonlyMap<string, Directory> | undefined;
  return (request, name, path) => {
    tree ??= treeOf(index);
    const bare = name.replace(/^k8s(\/|$)/, "");
    const directory = tree.get(bare.endsWith("/") ? bare.slice(0, -1) : bare);
    if (!directory) return undefined;
    if (name !== "" && !name.endsWith("/"))
      return plainText(301, "It is a directory\n", { location: `/${path.replace(/^\/+/, "")}/` });
    return render(request, `/${name}`, [...directory.values()]);
  };
}

/** Entries by name. */
type Directory = Map<string, DirectoryEntry>;

function treeOf({ files }: ContentIndex): ReadonlyMap<string, Directory> {
  const tree = new Map<string, Directory>([["", new Map()]]);
  for (const [path, { blob }] of files) {
    let entry: DirectoryEntry = { name: path.slice(path.lastIndexOf("/") + 1), size: blob.size };
    // From the file's own directory up to the top, or to the first one that is in the tree already.
    for (let end = path.lastIndexOf("/"); ; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, Math.max(end, 0));
      const directory = tree.get(parent) ?? new Map<string, DirectoryEntry>();
      tree.set(parent, directory);
      const isPresent = directory.has(entry.name);
      if (!isPresent) directory.set(entry.name, entry);
      if (parent === "" || (isPresent && entry.size === undefined)) break;
      entry = { name: `${parent.slice(parent.lastIndexOf("/") + 1)}/` };
    }
  }
  return tree;
}
