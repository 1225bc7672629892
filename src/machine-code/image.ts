// One platform's image travels in, its configuration and its layers; out travels the machine of the program it starts.
import { KsoError, messageOf } from "../core/errors.ts";
import { absolutePath, type FileNode, type PathLookup, treeOf } from "./layered-files.ts";
import type { OpenStream } from "./reader.ts";

export interface ImageLayers {
  /** The parsed image configuration. */
  readonly config: unknown;
  /** In the order of the image manifest: the lowest first. */
  readonly layers: readonly { readonly mediaType: string; readonly open: OpenStream }[];
}

/** Symbolic links followed on the way to one file, and interpreters on the way to a program. */
const mostLinks = 8;
const mostInterpreters = 4;
/** Where commands are looked for when the configuration does not say: what runtimes set. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The program that the image starts, found as a runtime finds it: links are followed inside the image, upper layers hide
 * lower ones, a script leads to its interpreter.
 * @returns its path after all links; undefined without an entrypoint, for a path that no layer has (or that leads round
 *   in circles), and for a file that is neither a program nor a script.
 * @throws KsoError `verify` when a layer is broken.
 */
export async function entrypointProgram(image: ImageLayers): Promise<{ path: string; machine: string } | undefined> {
  const { command, path, folder } = startOf(image.config);
  if (command === undefined) return undefined;
  const lookup = treeOf(image.layers);
  const search = (word: string): Promise<Found | undefined> => find(lookup, word, path, folder);
  try {
    let found = await search(command);
    for (let left = mostInterpreters; found && left > 0; left--) {
      const { node } = found;
      if (node.type !== "file") return undefined;
      if (node.machine !== undefined) return { path: found.path, machine: node.machine };
      if (node.shebang === undefined) return undefined;
      const [interpreter, through] = interpreterOf(node.shebang);
      found = (through === undefined ? undefined : await search(through)) ?? (await search(interpreter));
    }
    return undefined;
  } catch (thrown) {
    if (thrown instanceof KsoError) throw thrown;
    throw new KsoError(
      "verify",
      `Cannot look for "${command}" in the image: a layer is broken: ${messageOf(thrown)}`,
      thrown,
    );
  }
}

interface Found {
  readonly path: string;
  readonly node: FileNode;
}

/** The first word that a container runs, and where it is looked for. */
function startOf(config: unknown): { command: string | undefined; path: readonly string[]; folder: string } {
  const settings = record(record(config)["config"]);
  const [command] = [...strings(settings["Entrypoint"]), ...strings(settings["Cmd"])];
  const path = strings(settings["Env"]).findLast((line) => line.startsWith("PATH="));
  const folder = settings["WorkingDir"];
  return {
    command: command === "" ? undefined : command,
    path: (path?.slice(5) || defaultPath).split(":"),
    folder: typeof folder === "string" ? folder : "/",
  };
}

/** A word with a slash is a path, any other is looked for in each directory of PATH. */
async function find(
  lookup: PathLookup,
  word: string,
  path: readonly string[],
  folder: string,
): Promise<Found | undefined> {
  const at = (name: string): string => (name.startsWith("/") ? name : `${folder}/${name}`);
  if (word.includes("/")) return (await follow(lookup, at(word))) ?? (await exactly(lookup, absolutePath(at(word))));
  for (const directory of path) {
    const found = await follow(lookup, `${at(directory)}/${word}`);
    if (found?.node.type === "file" && found.node.executable) return found;
  }
  return undefined;
}

/** For builders that write `bin/app` into a layer although `/bin` is a link further down. */
async function exactly(lookup: PathLookup, path: string): Promise<Found | undefined> {
  const node = await lookup(path);
  return node?.type === "file" ? { path, node } : undefined;
}

/** Walks a path part by part, as a link may stand anywhere in it. */
async function follow(lookup: PathLookup, start: string): Promise<Found | undefined> {
  let rest = start.split("/");
  let here = "/";
  let node: FileNode | undefined;
  for (let links = 0; rest.length > 0; ) {
    const [part = "", ...after] = rest;
    rest = after;
    if (part === "" || part === ".") continue;
    const next = absolutePath(`${here}/${part}`);
    node = next === "/" ? { type: "directory" } : await lookup(next);
    if (node?.type === "symlink") {
      if (++links > mostLinks) return undefined;
      if (node.link.startsWith("/")) here = "/";
      rest = [...node.link.split("/"), ...rest];
    } else if (node?.type === "file" && rest.some((more) => more !== "" && more !== ".")) {
      return undefined;
    } else {
      // Layers need not name the directories above their files.
      here = next;
    }
  }
  return node && { path: here, node };
}

/** "/usr/bin/env -S VAR=1 bash -e" → env itself, and the command that it looks for. */
function interpreterOf(line: string): [interpreter: string, through: string | undefined] {
  const [interpreter = "", ...words] = line.split(/\s+/);
  if (!/(?:^|\/)env$/.test(interpreter)) return [interpreter, undefined];
  return [interpreter, words.find((word) => !(word.startsWith("-") || word.includes("=")))];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
