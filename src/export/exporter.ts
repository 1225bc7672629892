// The contract of an output format. Its type says whether bytes must be fetched first.
import type { Plan } from "../core/plan.ts";

/** One text file of an export, relative to the output directory. */
export interface OutputFile {
  readonly path: string;
  readonly content: string;
  /** True for scripts, which are written with mode 0755 instead of 0644. */
  readonly executable?: boolean;
}

/** A format that is written from the plan alone: instant and offline. */
export interface PlanExporter {
  readonly name: string;
  readonly needs: "plan";
  /** One line for `--help`. */
  readonly description: string;
  /** File names in the output directory that belong to this format: leftovers of an earlier export are removed. */
  readonly owns: RegExp;
  render(plan: Plan): readonly OutputFile[];
}

/** A format that carries bytes: the plan must be fetched into the store first. */
export interface ContentExporter {
  readonly name: string;
  readonly needs: "content";
  readonly description: string;
}

export type Exporter = PlanExporter | ContentExporter;
