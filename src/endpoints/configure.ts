// Pointing a cluster at the endpoints of a bundle: the configuration of a target, written where somebody wants it.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { writeOutputDirectory, writeOutputFile } from "../files/output.ts";
import type { ConfigFile } from "./mirror-files.ts";
import type { Configuration, Target, TargetDependencies, TargetOptions } from "./targets.ts";

/** For whom, of which bundle, and where to. */
export interface ConfigureOptions extends TargetOptions {
  readonly target: Target;
  /** The file or the directory; undefined where nothing is written. */
  readonly output?: string | undefined;
}

/**
 * Makes the configuration of a target, and writes it where an output is named.
 * @throws KsoError `usage` for what is missing and for an output that is somebody else's, `unresolvable` for a release that
 *   cannot be configured, `unexpected` when it cannot be written.
 */
export async function configure(options: ConfigureOptions, dependencies: TargetDependencies): Promise<Configuration> {
  const { target, output } = options;
  const configuration = await target.configure(options, dependencies);
  if (output !== undefined) await write(target, configuration.files, output);
  return configuration;
}

async function write({ single }: Target, files: readonly ConfigFile[], output: string): Promise<void> {
  const [first] = files;
  if (single) return await writeOutputFile(output, first?.content ?? "");
  await assertOwnSettings(output, files);
  // Other hosts' files lie beside these: nothing is removed.
  await writeOutputDirectory(output, files, /^$/);
}

/** Settings of somebody else's are not overwritten. */
async function assertOwnSettings(directory: string, files: readonly ConfigFile[]): Promise<void> {
  for (const { path, content } of files.filter((file) => file.path === "daemon.json")) {
    const existing = await readFile(join(directory, path), "utf8").catch(() => undefined);
    if (existing !== undefined && existing !== content)
      throw new KsoError(
        "usage",
        `Cannot write ${join(directory, path)}: there is one already; write elsewhere with -o and merge both`,
      );
  }
}
