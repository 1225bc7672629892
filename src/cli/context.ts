// The composition root: what commands are handed, put together from flags, embedded data and this process.
import { plugins as builtIn } from "../../plugins/index.ts";
import type { Plan } from "../core/plan.ts";
import type { Catalog } from "../resolve/catalog.ts";
import { applyMirrors, parseMirrors } from "../resolve/mirrors.ts";
import { type Resolved, resolve } from "../resolve/resolve.ts";
import type { Output } from "./command.ts";
import { openCatalog } from "./manifests.ts";
import { type Arguments, requestOf } from "./options.ts";
import { explain, reportGaps } from "./report.ts";

/** The catalog that the flags ask for. */
export async function catalogOf(args: Arguments): Promise<Catalog> {
  const patterns = args.all("plugin");
  const brought = patterns.length > 0 ? await (await import("./plugins.ts")).loadPlugins(patterns, builtIn) : new Map();
  const plugins = [...builtIn, ...[...brought.values()].map(({ plugin }) => plugin)];
  const files = new Map([...brought].map(([name, { path }]) => [name, path]));
  return openCatalog(plugins, files, args.one("manifests"));
}

/** The plan that the flags ask for; gaps, notes and `--explain` are told. */
export async function planOf(args: Arguments, output: Output): Promise<{ plan: Plan; resolved: Resolved }> {
  const mirrors = parseMirrors(args.all("mirror"));
  const resolved = resolve(await catalogOf(args), requestOf(args));
  const plan = applyMirrors(resolved.plan, mirrors);
  for (const name of args.all("explain")) output.tell(explain(plan, resolved.facts, name));
  reportGaps(plan, output);
  return { plan, resolved: { ...resolved, plan } };
}
