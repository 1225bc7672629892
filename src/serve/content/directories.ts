// The directories of the file tree, for people and for `wget -r`.
import type { Digest } from "../../core/digest.ts";
import { type Client, plainText } from "../handler.ts";
import type { ContentIndex } from "./content-index.ts";

/** A file or a directory in a listing; a directory's name ends with a slash. */
export interface DirectoryEntry {
  readonly name: string;
  /** Bytes; of a directory those of all files below it. */
  readonly size: number;
  /** Of a file. */
  readonly digest?: Digest;
  /** Files below a directory. */
  readonly files?: number;
}

/** A file below a directory: its path from there, and the digest of its bytes. */
export interface FileBelow {
  readonly path: string;
  readonly digest: Digest;
}

/** A directory as it is shown. */
export interface DirectoryListing {
  /** The path that the page shows: `/k8s/dl.k8s.io/`. */
  readonly path: string;
  readonly entries: readonly DirectoryEntry[];
  /** All files below it, sorted by path. */
  readonly below: () => readonly FileBelow[];
}

/** Renders the page of a directory. */
export type RenderListing = (request: Request, client: Client, listing: DirectoryListing) => Response;

/** A path as it was sent, and the name in it: decoded and without its first slash. */
interface NamedPath {
  readonly path: string;
  readonly name: string;
}

/** Answers the paths that are directories; undefined for any other path. */
export function directories(
  index: ContentIndex,
  render: RenderListing,
): (request: Request, client: Client, named: NamedPath) => Response | undefined {
  let tree: ReadonlyMap<string, Directory> | undefined;
  return (request, client, { path, name }) => {
    tree ??= treeOf(index);
    const bare = name.replace(/^k8s(\/|$)/, "").replace(/\/$/, "");
    const directory = tree.get(bare);
    if (!directory) return undefined;
    if (name !== "" && !name.endsWith("/"))
      return plainText(301, "It is a directory\n", { location: `/${path.replace(/^\/+/, "")}/` });
    return render(request, client, {
      path: `/${name}`,
      entries: [...directory.values()],
      below: () => filesBelow(index, bare),
    });
  };
}

/** Entries by name. */
type Directory = Map<string, DirectoryEntry>;

function treeOf({ files }: ContentIndex): ReadonlyMap<string, Directory> {
  const tree = new Map<string, Directory>([["", new Map()]]);
  const directoryAt = (path: string): Directory => {
    const directory = tree.get(path) ?? new Map<string, DirectoryEntry>();
    tree.set(path, directory);
    return directory;
  };
  for (const [path, { blob }] of files) {
    let end = path.lastIndexOf("/");
    const { size, digest } = blob;
    const name = path.slice(end + 1);
    directoryAt(path.slice(0, Math.max(end, 0))).set(name, { name, size, digest });
    // Each directory above has it among its files, up to the top.
    while (end > 0) {
      const start = path.lastIndexOf("/", end - 1);
      const parent = directoryAt(path.slice(0, Math.max(start, 0)));
      const above = `${path.slice(start + 1, end)}/`;
      const { size: sum = 0, files: count = 0 } = parent.get(above) ?? {};
      parent.set(above, { name: above, size: sum + size, files: count + 1 });
      end = start;
    }
  }
  return tree;
}

function filesBelow({ files }: ContentIndex, directory: string): FileBelow[] {
  const prefix = directory === "" ? "" : `${directory}/`;
  return [...files]
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, { blob }]) => ({ path: path.slice(prefix.length), digest: blob.digest }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
