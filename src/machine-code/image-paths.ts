// Finds files inside an image as a container runtime does: links are followed inside the image, commands are looked for in PATH.
import { absolutePath, type FileNode } from "./layer-entries.ts";
import type { LayeredFiles } from "./layered-files.ts";

/** The number of symbolic links that are followed on the way to one file. */
const maxLinks = 8;

/** A file, and its path after all links. */
export interface ResolvedFile {
  readonly path: string;
  readonly node: FileNode;
}

/** Where a container looks for commands. */
export interface SearchPath {
  /** The directories of PATH. */
  readonly directories: readonly string[];
  /** What relative paths begin at. */
  readonly workingDirectory: string;
}

/** Finds a command: a word with a slash is a path, any other is looked for in each directory of PATH. */
export async function findCommand(
  files: LayeredFiles,
  word: string,
  { directories, workingDirectory }: SearchPath,
): Promise<ResolvedFile | undefined> {
  const from = (name: string): string => (name.startsWith("/") ? name : `${workingDirectory}/${name}`);
  if (word.includes("/")) return (await resolvePath(files, from(word))) ?? (await fileAtPath(files, from(word)));
  for (const directory of directories) {
    const file = await resolvePath(files, `${from(directory)}/${word}`);
    if (file?.node.type === "file" && file.node.executable) return file;
  }
  return undefined;
}

/** The file at exactly that path: builders write `bin/app` into a layer although `/bin` is a link further down. */
async function fileAtPath(files: LayeredFiles, name: string): Promise<ResolvedFile | undefined> {
  const path = absolutePath(name);
  const node = await files.lookup(path);
  return node?.type === "file" ? { path, node } : undefined;
}

async function resolvePath(files: LayeredFiles, path: string): Promise<ResolvedFile | undefined> {
  return await new PathWalk(files, path).resolve();
}

/** Walks a path part by part, as a link may stand anywhere in it. */
class PathWalk {
  readonly #files: LayeredFiles;
  #rest: string[];
  #path = "/";
  #node: FileNode | undefined;
  #links = 0;

  constructor(files: LayeredFiles, path: string) {
    this.#files = files;
    this.#rest = partsOf(path);
  }

  async resolve(): Promise<ResolvedFile | undefined> {
    for (let part = this.#rest.shift(); part !== undefined; part = this.#rest.shift())
      if (!(await this.#enter(absolutePath(`${this.#path}/${part}`)))) return undefined;
    return this.#node && { path: this.#path, node: this.#node };
  }

  /** False where the walk ends: after too many links, and where a file stands for a directory. */
  async #enter(path: string): Promise<boolean> {
    this.#node = path === "/" ? { type: "directory" } : await this.#files.lookup(path);
    if (this.#node?.type === "symlink") return this.#followLink(this.#node.link);
    // Layers need not name the directories above their files.
    this.#path = path;
    return this.#node?.type !== "file" || this.#rest.length === 0;
  }

  #followLink(link: string): boolean {
    if (link.startsWith("/")) this.#path = "/";
    this.#rest = [...partsOf(link), ...this.#rest];
    return ++this.#links <= maxLinks;
  }
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
