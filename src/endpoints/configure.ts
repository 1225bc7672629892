// The use case: points a cluster at the endpoints of a bundle, by the configuration of a target.
import { dirname, join } from "node:path";
import { isLoopback } from "../core/loopback.ts";
import { assertReplaceable, isFilled, isForeign, keeping } from "../files/foreign.ts";
import { writeOutputDirectory, writeOutputFile } from "../files/output.ts";
import { ownText } from "../files/read.ts";
import type { Endpoints } from "./endpoints.ts";
import type { ConfigFile } from "./mirror-files.ts";
import type { Configuration, Target, TargetDependencies, TargetOptions } from "./targets.ts";

/** The target, the bundle, and where the configuration is written. */
export interface ConfigureOptions extends TargetOptions {
  readonly target: Target;
  /** A file or a directory; undefined where nothing is written. */
  readonly output?: string | undefined;
  /** Files that kso did not write are replaced, and kept. */
  readonly force: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What was made, and the files that it replaced and kso did not write. */
export interface ConfigureResult {
  readonly configuration: Configuration;
  readonly replaced: readonly string[];
}

/** How the text files of a configuration begin: with a comment that says who wrote them. */
const configMark = /^(---\n)?# [^\n]*written by kso/;

/**
 * Makes the configuration of a target, and writes it where an output is named.
 * @throws KsoError `usage` for a missing option and for an output that kso did not write, `unresolvable` for a release that
 *   cannot be configured, `unexpected` when it cannot be written.
 */
export async function configure(options: ConfigureOptions, dependencies: TargetDependencies): Promise<ConfigureResult> {
  const { target, output, force } = options;
  const configuration = await target.configure(options, dependencies);
  const remarks = [...configuration.remarks, ...loopbackRemarks(options.endpoints)];
  const replaced = output === undefined ? [] : foreignFiles(target, configuration.files, output);
  assertReplaceable(replaced, force);
  if (output !== undefined) await keeping(replaced, () => write(options, configuration.files, output));
  return { configuration: { ...configuration, remarks }, replaced };
}

/** What a person must know of addresses that are another machine on each node. */
function loopbackRemarks({ files, registry }: Endpoints): string[] {
  const hosts = new Set([registry.host, ...(files === undefined ? [] : [new URL(files).host])].filter(isLoopback));
  return [...hosts].map(
    (host) => `${host} is each node itself; name what nodes reach the server at (kso serve says it)`,
  );
}

async function write(
  { target, signal }: ConfigureOptions,
  files: readonly ConfigFile[],
  output: string,
): Promise<void> {
  if (target.single) return await writeOutputFile(output, files[0]?.content ?? "");
  // Other hosts' files lie beside these: nothing is removed.
  await writeOutputDirectory(output, { files, owns: /^$/, signal });
}

/** The files that would become others, and that kso did not write. What has no room for a comment is kso's where it is the same. */
function foreignFiles({ single }: Target, files: readonly ConfigFile[], output: string): string[] {
  const placed = files.map(({ path, content }) => ({ path: single ? output : join(output, path), content }));
  const isOwn = (path: string): boolean => isFilled(path) && !isForeign(path, configMark);
  return (
    placed
      .filter(({ path, content }) => isForeign(path, configMark) && ownText(path) !== content)
      .map(({ path }) => path)
      // A certificate has the comment of the file beside it that names it.
      .filter((path) => !(path.endsWith(".crt") && isOwn(join(dirname(path), "hosts.toml"))))
  );
}
