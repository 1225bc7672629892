// Plans from a checkout. Without an inventory the plan has all that the checkout lists, as plugins and manifests plan an embedded
// release; with one, exactly what its hosts require.
import type { Inventory } from "../ansible/inventory/inventory.ts";
import type { VariableSource } from "../ansible/variables.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { plannedRelease } from "../catalog/configurable-release.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { findImageFact } from "../catalog/image-facts.ts";
import { digestInRow, type PublishedDigest } from "../catalog/release.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Unresolved } from "../core/plan.ts";
import type { Platform } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { assemble, type PlanInput, type PlanOptions, type Resolution } from "../plan/assemble.ts";
import { releaseRequirements } from "../plan/resolve.ts";
import { allRolesTemplar, anyHost, anyHostTemplar } from "./any-host.ts";
import { ownTemplar, withoutBroken } from "./broken-pins.ts";
import type { Checkout } from "./checkout.ts";
import { componentOwners } from "./contributions.ts";
import type { ItemDownload } from "./item-download.ts";
import { evaluateItems } from "./items.ts";
import { releaseLists } from "./lists.ts";
import { clusterNotes } from "./notes.ts";
import { checkoutOrigins } from "./origins.ts";
import { atOwnRepositories } from "./own-repositories.ts";
import { contributeItems } from "./planned-items.ts";
import { unresolvedAdditions, withPluginAdditions } from "./plugin-additions.ts";
import { componentReasons } from "./reasons.ts";
import { listedNear, pluginContributions, releaseOf, withKubernetes } from "./release.ts";
import { type RequiredDownloads, requiredDownloads } from "./required-downloads.ts";
import { encryptedVariables, unresolvedCandidates, unresolvedItems } from "./unresolved.ts";

/** What to plan from a checkout. */
export interface CheckoutPlanOptions extends PlanOptions {
  readonly kubernetes?: string | undefined;
  /** The cluster; without one, all that the checkout lists. */
  readonly inventory?: Inventory | undefined;
  /** Variables that win over all others, where there is no inventory that has some. */
  readonly extraVars?: VariableSource | undefined;
  /** The architectures that a host may have where the inventory does not say one; default: all that are planned for. */
  readonly assumed?: readonly Platform[] | undefined;
}

/** A plan, and for an inventory what its hosts require. */
export interface ClusterPlan extends Resolution {
  readonly required?: RequiredDownloads | undefined;
}

/**
 * The plan of a checkout, for a cluster or for all that it lists.
 * @throws KsoError `unresolvable` when there is no such plan; the message says what there is.
 */
export function planCheckout(checkout: Checkout, catalog: Catalog, options: CheckoutPlanOptions): ClusterPlan {
  const { inventory, platforms, assumed } = options;
  const given = inventory?.extraVars ?? options.extraVars ?? new Map();
  const extraVars = withKubernetes(given, checkout, options.kubernetes);
  const required = inventory && requiredDownloads(checkout, { inventory, platforms, assumed, extraVars });
  const downloads = required?.downloads ?? allDownloads(checkout, platforms, extraVars);
  const [first] = downloads;
  if (!first) throw new KsoError("unresolvable", `Cannot use ${checkout.folder.path}: it downloads nothing`);

  const target = required?.target ?? { ...anyHost(), machine: first.platform.machine, extraVars };
  const templar = allRolesTemplar(checkout, target);
  const { broken, ...release } = releaseOf(checkout, templar, catalog);
  const described = atOwnRepositories(pluginContributions(catalog.plugins, release, platforms), {
    cluster: templar,
    checkout: ownTemplar(checkout),
  });
  const owners = componentOwners(described);
  const forCluster = required !== undefined;
  const items = contributeItems(downloads, { described, owners, writer: writerOf(checkout), forCluster });
  const itemKeys = new Set(items.contributed.map(contributionKey));
  const listed = listedNear(release.version, catalog);
  const context = { contributed: items.contributed, listed, required, templar };
  const additions = withPluginAdditions(described, context);
  const { contributed, unresolved: unresolvedPins } = withoutBroken(additions, broken, required);
  const lists = releaseListsOf(checkout, downloads);
  const names = new Set([...lists.files.map((name) => `file ${name}`), ...lists.images.map((name) => `image ${name}`)]);
  const isListed = ({ kind, name }: Unresolved): boolean => names.has(`${kind} ${name}`);
  const unresolvedOwn = unresolvedItems(items.broken, owners, (item) => forCluster || isListed(item));
  const unresolved = unresolvedCandidates([
    ...unresolvedOwn,
    ...unresolvedPins,
    ...unresolvedAdditions(described, context),
  ]);
  const input: PlanInput = {
    release: plannedRelease(
      catalog,
      { name: release.name, version: release.version, commit: checkout.commit ?? "unknown" },
      checkoutOrigins(checkout),
    ),
    kubernetes: release.kubernetes,
    plugins: [
      ...catalog.plugins,
      ...unknownComponents([...contributed, ...unresolved.map(({ item }) => item)], catalog.plugins),
    ],
    userPlugins: catalog.userPlugins,
    contributed,
    unresolved,
    lists: contributedLists(lists, itemKeys),
    // An inventory decides by itself what goes together.
    requires: forCluster ? new Map() : releaseRequirements(catalog, release.version),
    ...(forCluster && { reasons: componentReasons(contributed, downloads, owners) }),
    digestOf: (item) => publishedDigest(item, catalog, checkout),
    imageFact: (image, platform) => findImageFact(catalog, image, platform),
  };
  const resolution = assemble(input, options);
  const { plan } = resolution;
  const notes = required && inventory ? clusterNotes({ checkout, inventory, required, templar }) : [];
  const encrypted = inventory ? encryptedVariables(inventory) : [];
  const complete = { ...plan, unresolved: [...plan.unresolved, ...encrypted], notes: [...plan.notes, ...notes] };
  return { ...resolution, plan: complete, ...(required && { required }) };
}

/** Every item of a checkout, for a made-up host. */
function allDownloads(
  checkout: Checkout,
  platforms: readonly Platform[],
  extraVars: VariableSource,
): readonly ItemDownload[] {
  return platforms.flatMap((platform) => {
    const templar = anyHostTemplar(checkout, platform.machine, extraVars);
    return evaluateItems(checkout, templar).map((item) => ({
      item,
      platform,
      hosts: [],
      requested: item,
      place: "origin",
      templar,
    }));
  });
}

function contributionKey({ kind, name }: Contributed): string {
  return `${kind} ${name}`;
}

/** The checkout's own lists. */
function releaseListsOf(checkout: Checkout, downloads: readonly ItemDownload[]): PlanInput["lists"] {
  const [first] = downloads;
  const items = downloads.map(({ item }) => item);
  return first ? releaseLists(checkout, first.templar, items) : { files: [], images: [] };
}

/** The lists without items that contribute nothing. */
function contributedLists({ files, images }: PlanInput["lists"], contributed: ReadonlySet<string>): PlanInput["lists"] {
  return {
    files: files.filter((name) => contributed.has(`file ${name}`)),
    images: images.filter((name) => contributed.has(`image ${name}`)),
  };
}

function writerOf(checkout: Checkout): string {
  return `kubespray ${checkout.folder.path}`;
}

/** The checkout's own digest; for what only plugins describe, the one that is embedded. */
function publishedDigest(
  item: Contributed & { kind: "file" },
  catalog: Catalog,
  checkout: Checkout,
): PublishedDigest | undefined {
  if (item.writer !== undefined)
    return item.digest ? { digest: item.digest as Digest, source: writerOf(checkout) } : undefined;
  const manifest = catalog.overlay(item.component)?.manifest ?? catalog.component(item.component);
  const table = manifest?.files?.[item.digests ?? item.name];
  const digest = digestInRow(table?.versions[item.version], item.platform.arch);
  return digest && table ? { digest, source: table.source } : undefined;
}

/** Components that no plugin describes, such as those of a fork. */
function unknownComponents(
  contributed: readonly Pick<Contributed, "component">[],
  plugins: readonly Plugin[],
): Plugin[] {
  const described = new Set(plugins.map(({ name }) => name));
  const names = new Set(contributed.map(({ component }) => component).filter((name) => !described.has(name)));
  return [...names].map((name) => ({ name, category: "addon", description: "of this checkout", contribute: () => [] }));
}
