// The composition root: what commands are handed, put together from flags, embedded data and this process.

import process from "node:process";
import { plugins as builtIn } from "../../plugins/index.ts";
import type { InventoryOptions } from "../ansible/inventory/options.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { openCatalog } from "../catalog/open.ts";
import { readMirrorPreset, readProfile } from "../catalog/presets.ts";
import type { UserPlugin } from "../catalog/user-plugins.ts";
import { assertPlanNames } from "../core/bundle-names.ts";
import { KsoError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { platforms } from "../core/platform.ts";
import { readText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import type { OptionArguments } from "../flags/argv.ts";
import { type clusterKeys, inventoryKeys } from "../flags/selection.ts";
import { type FetchingOptions, flags, type Options, type SelectionOptions } from "../flags/table.ts";
import type { CoverageOptions } from "../kubespray/cluster-coverage.ts";
import type { Resolution } from "../plan/assemble.ts";
import { addExtraArtifacts } from "../plan/extra-artifacts.ts";
import { mergePlans } from "../plan/merge-releases.ts";
import { applyMirrors, type Mirrors, mirrorNotes, withPreset } from "../plan/mirrors.ts";
import { releaseRequests, resolveEach, sharedKubernetes } from "../plan/release-requests.ts";
import { type PlanRequest, resolve } from "../plan/resolve.ts";
import { findNamed } from "../plan/selection.ts";
import { allowUnresolved } from "../plan/unresolved.ts";
import { withoutHandlers } from "../runtime/signals.ts";
import type { Output } from "./command.ts";
import { signalsSeen } from "./terminal/interrupt.ts";
import { describeExplanation, type Explanation, explanationOf, reportUnavailable } from "./terminal/report.ts";

/** A list of extra artifacts is never longer. Bytes. */
const maxListSize = 64 << 20;

/** The flags that add to the catalog. */
export type CatalogOptions = Partial<Pick<SelectionOptions, "plugin" | "manifests">>;

/** The selection flags as a request for a release that it does not name. A command that does not take one of them leaves it out. */
export function requestOf(options: Partial<SelectionOptions>): PlanRequest {
  const { kube = [], arch = platforms, unavailable = "exclude" } = options;
  const { cni, runtime, with: added, without, only } = options;
  const profile = options.profile === undefined ? undefined : readProfile(options.profile, options.manifests);
  const named = kube.find((text) => text.includes("="));
  if (named !== undefined)
    throw new KsoError("usage", `--kube ${named}: only with --kubespray are there releases to choose a version for`);
  return {
    kubernetes: sharedKubernetes(kube),
    platforms: arch,
    selection: { cni, runtime, with: added, without, only, ...(profile && { profile }) },
    unavailable,
  };
}

/** The catalog that the flags name; `embedded`: without the --manifests folder. */
export async function catalogOf(options: CatalogOptions, embedded = false): Promise<Catalog> {
  const patterns = options.plugin ?? [];
  const loaded =
    patterns.length > 0
      ? await (await import("../catalog/user-plugins.ts")).loadPlugins(patterns, builtIn)
      : new Map<string, UserPlugin>();
  return openCatalog({
    plugins: [...builtIn, ...[...loaded.values()].map(({ plugin }) => plugin)],
    userPlugins: new Map([...loaded].map(([name, { path }]) => [name, path])),
    folder: embedded ? undefined : options.manifests,
  });
}

/** The mirrors that the flags name, behind them those of the preset; KSO_MIRROR_PRESET where no flag names one. */
export function mirrorsOf({
  mirror,
  mirrorPreset,
  manifests,
}: Pick<SelectionOptions, "mirror" | "mirrorPreset" | "manifests">): Mirrors {
  const preset = mirrorPreset ?? process.env["KSO_MIRROR_PRESET"] ?? "";
  const by = mirrorPreset === undefined ? "KSO_MIRROR_PRESET" : "--mirror-preset";
  return preset === "" || preset === "none" ? mirror : withPreset(mirror, readMirrorPreset(preset, manifests, by));
}

/** A plan, and the plan of each release in it. */
export interface FullPlan {
  /** Of one release, or of several in one. */
  readonly plan: Plan;
  /** One for each release, oldest first. */
  readonly parts: readonly [Resolution, ...Resolution[]];
}

/**
 * The plan that the flags ask for, unresolved items included. Prints what is unavailable, the plan's notes, and what `--explain`
 * asks for. `typed`: whether a flag stands on the command line.
 */
export async function planOf(
  options: SelectionOptions & Partial<Pick<FetchingOptions, "extra">>,
  output: Output,
  typed: OptionArguments,
): Promise<FullPlan> {
  const mirrors = mirrorsOf(options);
  const lists = (options.extra ?? []).map((path) => ({ path, text: readText(path, "--extra", maxListSize) }));
  const parts = (await resolutionsOf(options, await catalogOf(options))).map((resolved): Resolution => {
    const allowed = allowUnresolved(resolved, options.allowUnresolved);
    const plan = applyMirrors(addExtraArtifacts(allowed, lists), mirrors);
    return { plan, components: resolved.components };
  }) as [Resolution, ...Resolution[]];
  const merged = mergePlans(parts.map(({ plan }) => plan) as [Plan, ...Plan[]]);
  // kso.yaml has the mirrors of a site, whatever a plan asks for.
  const notes = typed.has("mirror") ? mirrorNotes(merged, options.mirror) : [];
  const plan = { ...merged, notes: [...merged.notes, ...notes] };
  assertPlanNames(plan);
  for (const explanation of explanationsOf(parts, options.explain)) output.tell(describeExplanation(explanation));
  reportUnavailable(plan, output);
  return { plan, parts };
}

/** The one release that a command is about which takes one only. @throws KsoError `usage` where several are named. */
export function oneRelease(versions: readonly string[] = [], command: string): string | undefined {
  const [first, second] = versions;
  if (second !== undefined)
    throw new KsoError("usage", `${command} is about one release of kubespray: name it with --kubespray`);
  return first;
}

/** The selection flags as a request for each release that they name, oldest first; for a checkout, one. */
export function requestsOf(options: SelectionOptions, catalog: Catalog): PlanRequest[] {
  const { kubespray, kubesprayDir, kube } = options;
  if (kubesprayDir === undefined) {
    const request = requestOf({ ...options, kube: undefined });
    return releaseRequests(catalog, request, { releases: kubespray, kubernetes: kube });
  }
  if (kubespray !== undefined)
    throw new KsoError("usage", "--kubespray names embedded releases and --kubespray-dir a checkout; take one");
  return [requestOf(options)];
}

/** The resolution of each request. */
async function resolutionsOf(options: SelectionOptions, catalog: Catalog): Promise<Resolution[]> {
  const requests = requestsOf(options, catalog);
  const [request] = requests;
  if (requests.length === 1 && request) return [await resolvedOf(options, catalog, request)];
  assertNoInventory(options);
  const resolutions = resolveEach(catalog, requests);
  await signalsSeen();
  return resolutions;
}

/** What `--explain` asks for: of each release that has the component. @throws KsoError `unresolvable` where none has it. */
export function explanationsOf(parts: FullPlan["parts"], names: readonly string[]): Explanation[] {
  return names.flatMap((name) => {
    const having = parts.filter(({ components }) => findNamed(name, components) !== undefined);
    return (having.length > 0 ? having : parts.slice(-1)).map(({ plan, components }) => ({
      ...(parts.length > 1 && { release: plan.release.version }),
      ...explanationOf(plan, components, name),
    }));
  });
}

/** The flags that say which hosts and variables there are. */
export function inventoryOptionsOf(options: Pick<SelectionOptions, (typeof inventoryKeys)[number]>): InventoryOptions {
  const { inventory, extraVars, limit, vaultPasswordFile, vaultId, followLinks } = options;
  return {
    inventories: inventory,
    extraVars,
    limit,
    vaultPasswordFiles: vaultPasswordFile,
    vaultIds: vaultId,
    followLinks,
  };
}

/** The cluster that a bundle is for. */
export function clusterOptionsOf(
  options: Omit<Options<(typeof clusterKeys)[number]>, "kubesprayDir"> & { readonly kubesprayDir: string },
): CoverageOptions {
  const { kubesprayDir, arch, allowUnresolved } = options;
  const inventory = inventoryOptionsOf(options);
  return { ...requestOf(options), kubesprayDir, inventory, platforms: arch, allowUnresolved };
}

/** Resolves a request: from the checkout that the flags name, or from the catalog. */
export async function resolvedOf(
  options: SelectionOptions,
  catalog: Catalog,
  request: PlanRequest,
): Promise<Resolution> {
  const { kubesprayDir } = options;
  if (kubesprayDir === undefined) {
    assertNoInventory(options);
    const resolution = resolve(catalog, request);
    await signalsSeen();
    return resolution;
  }
  const { release: _, ...cluster } = request;
  const { resolveCluster } = await import("../kubespray/resolve.ts");
  const inventory = inventoryOptionsOf(options);
  const plan = (): Resolution => resolveCluster(catalog, { ...cluster, kubesprayDir, inventory });
  const resolution = namesPipe(options) ? withoutHandlers(plan) : plan();
  await signalsSeen();
  return resolution;
}

/** Whether a password or variables come out of a pipe, on which whoever plans waits. */
function namesPipe({ vaultPasswordFile, vaultId, extraVars }: SelectionOptions): boolean {
  const paths = [...vaultPasswordFile, ...vaultId, ...extraVars].map((text) => text.replace(/^.*@/s, ""));
  return paths.some((path) => statsAt(path)?.isFIFO());
}

/** Refuses flags that mean something for a checkout only. @throws KsoError `usage` naming the first one. */
function assertNoInventory(options: SelectionOptions): void {
  const stray = inventoryKeys.find((key) => {
    const value = options[key];
    return typeof value === "object" ? value.length > 0 : Boolean(value);
  });
  if (stray !== undefined)
    throw new KsoError(
      "usage",
      `--${flags[stray].name} wants --kubespray-dir: an inventory's variables are read together with the checkout that it is for`,
    );
}
