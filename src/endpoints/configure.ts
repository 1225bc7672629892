// The use case: points a cluster at the endpoints of a bundle, by the configuration of a target.
import { join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { isLoopback } from "../core/loopback.ts";
import { writeOutputDirectory, writeOutputFile } from "../files/output.ts";
import { readText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import type { Endpoints } from "./endpoints.ts";
import type { ConfigFile } from "./mirror-files.ts";
import type { Configuration, Target, TargetDependencies, TargetOptions } from "./targets.ts";

/** The target, the bundle, and where the configuration is written. */
export interface ConfigureOptions extends TargetOptions {
  readonly target: Target;
  /** A file or a directory; undefined where nothing is written. */
  readonly output?: string | undefined;
}

/**
 * Makes the configuration of a target, and writes it where an output is named.
 * @throws KsoError `usage` for a missing option and for an output that kso did not write, `unresolvable` for a release that
 *   cannot be configured, `unexpected` when it cannot be written.
 */
export async function configure(options: ConfigureOptions, dependencies: TargetDependencies): Promise<Configuration> {
  const { target, output } = options;
  const configuration = await target.configure(options, dependencies);
  if (output !== undefined) await write(target, configuration.files, output);
  return { ...configuration, remarks: [...configuration.remarks, ...loopbackRemarks(options.endpoints)] };
}

/** What a person must know of addresses that are another machine on each node. */
function loopbackRemarks({ files, registry }: Endpoints): string[] {
  const hosts = new Set([registry.host, ...(files === undefined ? [] : [new URL(files).host])].filter(isLoopback));
  return [...hosts].map(
    (host) => `${host} is each node itself; name what nodes reach the server at (kso serve says it)`,
  );
}

async function write({ single }: Target, files: readonly ConfigFile[], output: string): Promise<void> {
  const [first] = files;
  if (single) return await writeOutputFile(output, first?.content ?? "");
  await assertSettingsUnchanged(output, files);
  // Other hosts' files lie beside these: nothing is removed.
  await writeOutputDirectory(output, files, /^$/);
}

/** @throws KsoError `usage` where the settings of Docker exist with other content: they would be overwritten. */
async function assertSettingsUnchanged(directory: string, files: readonly ConfigFile[]): Promise<void> {
  for (const { path, content } of files.filter((file) => file.path === "daemon.json")) {
    const existing = statsAt(join(directory, path)) && readText(join(directory, path), "-o");
    if (existing !== undefined && existing !== content)
      throw new KsoError(
        "usage",
        `Cannot write ${join(directory, path)}: there is one already; write elsewhere with -o and merge both`,
      );
  }
}
