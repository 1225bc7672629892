// The use case of formats that are text: a plan is enough, nothing is fetched.
import { join } from "node:path";
import type { Plan } from "../core/plan.ts";
import { writeOutputDirectory } from "../files/output.ts";
import type { PlanExporter } from "./exporter.ts";

/** What is exported, and the directory it goes into. */
export interface PlanExportOptions {
  readonly exporter: PlanExporter;
  readonly plan: Plan;
  readonly output: string;
}

/**
 * Writes a plan in a format.
 * @returns the paths of the files.
 * @throws KsoError `usage` when the output is not a directory, `unresolvable` for names that the format cannot hold,
 * `unexpected` when it cannot be written.
 */
export async function exportPlan({ exporter, plan, output }: PlanExportOptions): Promise<readonly string[]> {
  const files = exporter.render(plan);
  await writeOutputDirectory(output, files, exporter.owns);
  return files.map(({ path }) => join(output, path));
}
