// The composition root: what commands are handed, put together from flags, embedded data and this process.
import { plugins as builtIn } from "../../plugins/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { openCatalog } from "../catalog/open.ts";
import { KsoError } from "../core/errors.ts";
import type { Resolution } from "../plan/assemble.ts";
import { applyMirrors, parseMirrors } from "../plan/mirrors.ts";
import { type PlanRequest, resolve } from "../plan/resolve.ts";
import type { Output } from "./command.ts";
import { withWishes } from "./extra-artifacts.ts";
import { type Arguments, requestOf } from "./options.ts";
import { explain, reportGaps } from "./terminal/report.ts";

/** The catalog that the flags ask for; `embedded`: without what --manifests brings. */
export async function catalogOf(args: Arguments, embedded = false): Promise<Catalog> {
  const patterns = args.all("plugin");
  const brought =
    patterns.length > 0 ? await (await import("./user-plugins.ts")).loadPlugins(patterns, builtIn) : new Map();
  const plugins = [...builtIn, ...[...brought.values()].map(({ plugin }) => plugin)];
  const files = new Map([...brought].map(([name, { path }]) => [name, path]));
  return openCatalog(plugins, files, embedded ? undefined : args.one("manifests"));
}

/** The plan that the flags ask for; what is unavailable, notes and `--explain` are told. */
export async function planOf(args: Arguments, output: Output): Promise<Resolution> {
  const mirrors = parseMirrors(args.all("mirror"));
  const resolved = await resolvedOf(args, await catalogOf(args), requestOf(args));
  const plan = applyMirrors(withWishes(resolved.plan, args), mirrors);
  for (const name of args.all("explain")) output.tell(explain(plan, resolved.components, name));
  reportGaps(plan, output);
  return { plan, components: resolved.components };
}

/** The answer to a request: from the checkout that the flags name, or from embedded data. */
export async function resolvedOf(args: Arguments, catalog: Catalog, request: PlanRequest): Promise<Resolution> {
  if (args.has("inventory") && !args.has("kubespray-dir"))
    throw new KsoError(
      "usage",
      "--inventory wants --kubespray-dir: an inventory's variables are read together with the checkout that it is for",
    );
  return args.has("kubespray-dir")
    ? (await import("./checkout.ts")).resolveCheckout(args, catalog, request)
    : resolve(catalog, request);
}
