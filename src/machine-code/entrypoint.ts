// The program that an image starts, and whether it is for the image's platform.
import { KsoError, messageOf } from "../core/errors.ts";
import { machineFor } from "./elf.ts";
import { findCommand, type ResolvedFile } from "./image-paths.ts";
import { LayeredFiles } from "./layered-files.ts";
import type { OpenStream } from "./reader.ts";

/** One platform's image. */
export interface ImageContent {
  /** The parsed image configuration. */
  readonly config: unknown;
  /** In the order of the image manifest: the lowest first. */
  readonly layers: readonly { readonly mediaType: string; readonly open: OpenStream }[];
}

/** The number of interpreters that are followed on the way to a program. */
const maxInterpreters = 4;
/** Where commands are looked for when the configuration does not say: what runtimes set. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * What is wrong with the program of one platform's image, in words; undefined when all is well or nothing can be said.
 * @param platform `linux/arm64`.
 * @param config the image configuration's bytes.
 */
export async function entrypointMismatch(
  platform: string,
  config: Uint8Array,
  layers: ImageContent["layers"],
): Promise<string | undefined> {
  const machine = machineFor(platform.split("/")[1] ?? "");
  if (machine === undefined) return undefined;
  try {
    const program = await entrypointProgram({ config: JSON.parse(new TextDecoder().decode(config)), layers });
    if (!program || program.machine === machine) return undefined;
    return `the program it starts on ${platform}, ${program.path}, holds ${program.machine} code`;
  } catch (thrown) {
    if (thrown instanceof KsoError && thrown.code === "verify") return thrown.message;
    throw thrown;
  }
}

/**
 * The program that the image starts, found as a runtime finds it: links are followed inside the image, upper layers hide
 * lower ones, a script leads to its interpreter.
 * @returns its path after all links; undefined without an entrypoint, for a path that no layer has (or that leads round
 *   in circles), and for a file that is neither a program nor a script.
 * @throws KsoError `verify` when a layer is broken.
 */
export async function entrypointProgram(image: ImageContent): Promise<{ path: string; machine: string } | undefined> {
  const { command, ...searchPath } = commandOf(image.config);
  if (command === undefined) return undefined;
  const files = new LayeredFiles(image.layers);
  try {
    return await followInterpreters(command, (word) => findCommand(files, word, searchPath));
  } catch (thrown) {
    if (thrown instanceof KsoError) throw thrown;
    throw new KsoError(
      "verify",
      `Cannot look for "${command}" in the image: a layer is broken: ${messageOf(thrown)}`,
      thrown,
    );
  }
}

/** The program that runs a command: itself, or the interpreter of a script. */
async function followInterpreters(
  command: string,
  find: (word: string) => Promise<ResolvedFile | undefined>,
): Promise<{ path: string; machine: string } | undefined> {
  let file = await find(command);
  for (let left = maxInterpreters; file && left > 0; left--) {
    const { node, path } = file;
    if (node.type !== "file") return undefined;
    if (node.machine !== undefined) return { path, machine: node.machine };
    if (node.shebang === undefined) return undefined;
    const { interpreter, program } = parseShebang(node.shebang);
    file = (program === undefined ? undefined : await find(program)) ?? (await find(interpreter));
  }
  return undefined;
}

/** The first word that a container runs, and where it is looked for. */
function commandOf(config: unknown): {
  command: string | undefined;
  directories: readonly string[];
  workingDirectory: string;
} {
  const settings = asRecord(asRecord(config)["config"]);
  const [command] = [...strings(settings["Entrypoint"]), ...strings(settings["Cmd"])];
  const path = strings(settings["Env"]).findLast((line) => line.startsWith("PATH="));
  const workingDirectory = settings["WorkingDir"];
  return {
    command: command === "" ? undefined : command,
    directories: (path?.slice("PATH=".length) || defaultPath).split(":"),
    workingDirectory: typeof workingDirectory === "string" ? workingDirectory : "/",
  };
}

/** Parses the line behind `#!`: the interpreter, and for "/usr/bin/env -S VAR=1 bash -e" the program that env looks for. */
function parseShebang(line: string): { interpreter: string; program: string | undefined } {
  const [interpreter = "", ...words] = line.split(/\s+/);
  if (!/(?:^|\/)env$/.test(interpreter)) return { interpreter, program: undefined };
  return { interpreter, program: words.find((word) => !(word.startsWith("-") || word.includes("="))) };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
