// `kso resolve`: the plan, for eyes and for scripts.
import { formatPlan, sourceOf } from "../../core/plan.ts";
import type { Command } from "../command.ts";
import { planOf } from "../context.ts";
import { commonFlags, selectionFlags } from "../options.ts";
import { columns, explain } from "../terminal/report.ts";

export const resolveCommand: Command = {
  name: "resolve",
  usage: "resolve [--json] [--explain NAME]",
  description: "show what a cluster will ask for, and why",
  flags: [...selectionFlags, ...commonFlags],
  async run(args, output) {
    const asked = args.all("explain");
    const { plan, components } = await planOf(args, asked.length > 0 ? { ...output, tell: () => undefined } : output);
    if (args.has("json")) output.data(formatPlan(plan));
    else if (asked.length > 0) output.data(asked.map((name) => `${explain(plan, components, name)}\n`).join(""));
    else {
      // Digests are cut to what an eye compares; --json has them whole.
      const rows = plan.artifacts.map((artifact) => [
        artifact.component,
        artifact.name,
        artifact.version,
        artifact.platforms.map((platform) => platform.replace("linux/", "")).join(","),
        artifact.kind === "file" ? (artifact.digest?.slice(0, 19) ?? "no digest") : "-",
        artifact.reason,
        sourceOf(artifact),
      ]);
      output.data(`${columns([["COMPONENT", "NAME", "VERSION", "ARCH", "DIGEST", "REASON", "SOURCE"], ...rows])}\n`);
    }
  },
};
