// The use case of formats that are text: a plan is enough, nothing is fetched.
import { dirname, join } from "node:path";
import { metadataLimit } from "../bundle/lock.ts";
import type { Plan } from "../core/plan.ts";
import { assertReplaceable, filledIn, foldersIn, isOwnDocument, keeping } from "../files/foreign.ts";
import { writeOutputDirectory } from "../files/output.ts";
import { readText } from "../files/read.ts";
import type { PlanExporter } from "./exporter.ts";

/** What is exported, and the directory it goes into. */
export interface PlanExportOptions {
  readonly exporter: PlanExporter;
  readonly plan: Plan;
  readonly output: string;
  /** Files that kso did not write are replaced, and kept. */
  readonly force: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a plan in a format.
 * @returns the paths of the files, and of those that were replaced and that kso did not write.
 * @throws KsoError `usage` when the output is not a directory, or holds files that kso did not write, `unresolvable` for names that the format cannot hold,
 * `unexpected` when it cannot be written.
 */
export async function exportPlan({
  exporter,
  plan,
  output,
  force,
  signal,
}: PlanExportOptions): Promise<{ files: readonly string[]; replaced: readonly string[] }> {
  const { owns } = exporter;
  const files = exporter.render(plan);
  const written = new Set(files.map(({ path }) => dirname(path)));
  const isOwn = (folder: string): boolean => isOwnDocument(join(output, folder, "plan.json"), "plan");
  const replaced = [...written].flatMap((folder) => (isOwn(folder) ? [] : filledIn(join(output, folder), owns)));
  assertReplaceable(replaced, force);
  const folders = releasesIn(output).filter(isOwn);
  await keeping(replaced, () => writeOutputDirectory(output, { files, owns, folders, signal }));
  return { files: files.map(({ path }) => join(output, path)), replaced };
}

/** The folders that an earlier export made there, one for each of its releases. */
function releasesIn(output: string): string[] {
  const path = join(output, "plan.json");
  if (!isOwnDocument(path, "plan")) return [];
  const text = readText(path, "plan.json", metadataLimit);
  return foldersIn(output).filter((folder) => /^[\w.-]+$/.test(folder) && text.includes(`"name": "${folder}"`));
}
