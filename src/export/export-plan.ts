// The use case of formats that are text: a plan is enough, nothing is fetched.
import { join } from "node:path";
import type { Plan } from "../core/plan.ts";
import { assertReplaceable, filledIn, isOwnDocument, keeping } from "../files/foreign.ts";
import { writeOutputDirectory } from "../files/output.ts";
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
  const files = exporter.render(plan);
  const replaced = isOwnDocument(join(output, "plan.json"), "plan") ? [] : filledIn(output, exporter.owns);
  assertReplaceable(replaced, force);
  await keeping(replaced, () => writeOutputDirectory(output, { files, owns: exporter.owns, signal }));
  return { files: files.map(({ path }) => join(output, path)), replaced };
}
