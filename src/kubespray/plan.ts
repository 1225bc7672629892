// A checkout, perhaps an inventory, and what is asked of them travel in, a plan travels out: for a checkout alone the same plan that
// plugins and manifests give for an embedded release, only that the checkout itself says what it is; for an inventory exactly what
// its hosts will ask for.

import type { Catalog } from "../catalog/catalog.ts";
import { type Contributed, problemOf } from "../catalog/contributions.ts";
import { digestInRow, type PublishedDigest } from "../catalog/release.ts";
import { KsoError } from "../core/errors.ts";
import type { Plan, Unavailable } from "../core/plan.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { assemble, type PlanOptions, type Resolution } from "../plan/assemble.ts";
import { requirements } from "../plan/resolve.ts";
import type { Checkout } from "./checkout.ts";
import { type ComponentOwners, componentOwners, inWordsOf, itemContributions } from "./contributed.ts";
import { requirementReason } from "./extras.ts";
import { anyHost, rolesTemplarFor, templarFor } from "./host.ts";
import type { Inventory } from "./inventory.ts";
import { type BrokenField, evaluateItems } from "./items.ts";
import { releaseLists } from "./lists.ts";
import { kubernetesVariable, listedNear, pluginContributions, releaseOf } from "./release.ts";
import { type ItemDownload, isRequired, type RequiredDownloads, requiredDownloads } from "./required-downloads.ts";

/** What a person asks of a checkout. */
export interface CheckoutRequest extends PlanOptions {
  readonly kubernetes?: string | undefined;
  /** The cluster; without one, all that the checkout lists. */
  readonly inventory?: Inventory | undefined;
  /** What a host may have whose architecture the inventory does not say; default: all that is asked for. */
  readonly assumed?: readonly Platform[] | undefined;
}

/** A plan, and for an inventory what it was made from. */
export interface ClusterPlan extends Resolution {
  readonly required?: RequiredDownloads | undefined;
}

/** An item that cannot be evaluated, for one platform. */
interface Failed extends Pick<ItemDownload, "item" | "platform"> {
  readonly broken: BrokenField;
}

/** @throws KsoError `unresolvable` when there is no such plan; the message says what there is. */
export function planCheckout(checkout: Checkout, catalog: Catalog, request: CheckoutRequest): ClusterPlan {
  const extra = kubernetesVariable(checkout, request.kubernetes);
  const { inventory } = request;
  const demands = inventory && requiredDownloads(checkout, inventory, request.platforms, extra, request.assumed);
  const all = demands?.downloads ?? everything(checkout, request, extra);
  const [any] = all;
  const first = demands?.first ?? { ...anyHost(), site: anyHost(), platform: any?.platform };
  if (!(any && first.platform))
    throw new KsoError("unresolvable", `Cannot use ${checkout.folder.path}: it downloads nothing`);

  const roles = rolesTemplarFor(checkout, first.site, first.host, first.platform.machine, extra);
  const release = releaseOf(checkout, roles, catalog);
  const described = pluginContributions(catalog.plugins, release, request.platforms);
  const owners = componentOwners(described);
  const inWords = inWordsOf(described);
  const failed: Failed[] = [];
  const own = all.flatMap((demand) => {
    const { item, platform, templar: host } = demand;
    if (!demands || isRequired(demand) || item.broken.some(({ field }) => decides.has(field)))
      failed.push(...item.broken.filter(({ field }) => field !== "when").map((broken) => ({ item, platform, broken })));
    const reason = isRequired(demand) ? reasonOf(demand, all) : undefined;
    const chosen = { item, platform, reason, both: !demands, needed: isRequired(demand) };
    return itemContributions(chosen, owners, host, writerOf(checkout))
      .map(inWords)
      .filter((one) => {
        const problem = problemOf(bareOf(one));
        if (problem === undefined) return true;
        const [field, expression] = one.kind === "file" ? ["url", one.url] : ["repo", one.image];
        failed.push({ item, platform, broken: { field, expression, reason: problem } });
        return false;
      });
  });
  const there = new Set(own.map(({ kind, name }) => `${kind} ${name}`));
  // What kubespray would list in `downloads`, and this checkout does not, it does not ask for.
  const known = listedNear(release.version, catalog);
  const further = described
    .filter(({ kind, name }) => !there.has(`${kind} ${name}`))
    .map((item) => {
      const asking = demands && (demands.hosts.get(item.platform)?.length ?? 0) > 0;
      const reason = asking && !known.has(`${item.kind} ${item.name}`) ? requirementReason(item, roles) : undefined;
      return reason === undefined ? item : { ...item, needed: true, reason };
    });
  const contributed = [...own, ...further];
  const lists = releaseLists(
    checkout,
    any.templar,
    all.map(({ item }) => item),
  );
  const resolved = assemble(
    {
      release: { name: release.name, version: release.version, commit: checkout.commit ?? "unknown" },
      kubernetes: release.kubernetes,
      plugins: [...catalog.plugins, ...strangers(contributed, catalog.plugins)],
      userPlugins: catalog.userPlugins,
      contributed,
      lists: {
        files: lists.files.filter((name) => there.has(`file ${name}`)),
        images: lists.images.filter((name) => there.has(`image ${name}`)),
      },
      // An inventory says by itself what goes together.
      requires: demands ? new Map() : requirements(catalog, release.version),
      ...(demands && { reasons: reasonsOf(contributed, all, owners) }),
      digestOf: (item) => publishedFor(item, catalog, checkout),
    },
    request,
  );
  const plan = withFailures(resolved.plan, failed, owners, demands !== undefined);
  const notes = demands && inventory ? notesOf(demands, inventory, all) : [];
  return { ...resolved, plan: { ...plan, notes: [...plan.notes, ...notes] }, ...(demands && { required: demands }) };
}

/** Fields without which nobody knows whether an item is wanted. */
const decides = new Set(["", "enabled", "container", "file", "groups", "when"]);

/** Every item of a checkout, for a made-up host. */
function everything(
  checkout: Checkout,
  request: CheckoutRequest,
  extra: ReturnType<typeof kubernetesVariable>,
): ItemDownload[] {
  const site = anyHost();
  return request.platforms.flatMap((platform) => {
    const host = templarFor(checkout, site, site.host, platform.machine, extra);
    return evaluateItems(checkout, host).map((item) => ({ item, platform, hosts: [], requested: item, templar: host }));
  });
}

/** `enabled: kube_network_plugin = calico, group k8s_cluster, 3 hosts`. */
function reasonOf(demand: ItemDownload, all: readonly ItemDownload[]): string {
  const { item, role } = demand;
  if (!isRequired(demand))
    return `not wanted: ${item.enabled ? "no host is in its groups" : item.cause || "not enabled"}`;
  // The same image on both architectures is one artifact: its hosts count together.
  const same = all.filter(
    (other) => other.item.name === item.name && other.item.kind === item.kind && other.role === role,
  );
  const count = new Set(same.flatMap((other) => other.hosts)).size;
  const groups = item.groups.length > 0 && role === undefined ? `, group ${item.groups.join(" and ")}` : "";
  const why = role === undefined ? `enabled: ${item.cause || "always"}` : `fetched by the role ${role}`;
  return `${why}${groups}, ${count} host${count === 1 ? "" : "s"}`;
}

/** Component → why it is in or out, in its first item's words. */
function reasonsOf(
  contributed: readonly Contributed[],
  all: readonly ItemDownload[],
  owners: ComponentOwners,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const { component, reason, needed } of contributed)
    if (needed && reason !== undefined && !found.has(component)) found.set(component, reason);
  for (const demand of all) {
    const component = owners(demand.item.kind ?? "file", demand.item.name.replace(/^kubeadm_/, ""));
    if (!found.has(component)) found.set(component, reasonOf(demand, all));
  }
  for (const { component } of contributed)
    if (!found.has(component)) found.set(component, `not enabled; --with ${component} takes it in`);
  return found;
}

function notesOf(demands: RequiredDownloads, inventory: Inventory, all: readonly ItemDownload[]): string[] {
  const stops = [...new Set(all.filter(({ item }) => item.broken.length > 0).map(({ item }) => item.name))];
  const moved = all.filter(
    ({ item, requested: asked, hosts }) => hosts.length > 0 && (asked.url !== item.url || asked.repo !== item.repo),
  );
  return [
    ...demands.notes,
    ...(demands.unknown.length > 0
      ? [
          `the inventory does not say which architecture ${someOf(demands.unknown)} has; each that was asked for is planned`,
        ]
      : []),
    ...inventory.encrypted.map(
      (file) => `${file} is encrypted with Ansible Vault and was left alone; what it sets is not known here`,
    ),
    ...(moved.length > 0
      ? [
          `the inventory asks a mirror for ${new Set(moved.map(({ item }) => item.name)).size} items; they are planned from their origin`,
        ]
      : []),
    ...(stops.length > 0 ? [`kubespray itself stops where an item cannot be evaluated: ${someOf(stops)}`] : []),
  ];
}

function someOf(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}

function writerOf(checkout: Checkout): string {
  return `kubespray ${checkout.folder.path}`;
}

/** The checkout's own digest; for what only plugins describe, the one that is embedded. */
function publishedFor(
  item: Contributed & { kind: "file" },
  catalog: Catalog,
  checkout: Checkout,
): PublishedDigest | undefined {
  if (item.writer !== undefined)
    return item.digest ? { digest: item.digest as PublishedDigest["digest"], source: writerOf(checkout) } : undefined;
  const manifest = catalog.overlay(item.component)?.manifest ?? catalog.component(item.component);
  const table = manifest?.files?.[item.digests ?? item.name];
  const digest = digestInRow(table?.versions[item.version], item.platform.arch);
  return digest && table ? { digest, source: table.source } : undefined;
}

/** Components that no plugin describes: a fork's own. */
function strangers(contributed: readonly Contributed[], plugins: readonly Plugin[]): Plugin[] {
  const known = new Set(plugins.map(({ name }) => name));
  const names = new Set(contributed.map(({ component }) => component).filter((name) => !known.has(name)));
  return [...names].map((name) => ({ name, category: "addon", description: "of this checkout", contribute: () => [] }));
}

/** The contribution alone, as plugins' are checked. */
function bareOf({
  component: _,
  platform: __,
  reason: ___,
  writer: ____,
  needed: _____,
  ...bare
}: Contributed): unknown {
  return bare;
}

/** What cannot be evaluated is named, like all that is unavailable, with its expression. */
function withFailures(plan: Plan, failed: readonly Failed[], owners: ComponentOwners, all: boolean): Plan {
  const chosen = new Set(plan.components.filter(({ included }) => included).map(({ component }) => component));
  const unavailable = failed.map(({ item, platform, broken }): Unavailable => {
    const kind = item.kind ?? "file";
    const name = item.name.replace(/^kubeadm_/, "");
    return {
      ...{ kind, name, component: owners(kind, name), platform: platformName(platform), included: false },
      version: item.version ?? item.tag ?? "unknown",
      locator: broken.expression,
      reason: `its ${broken.field || "value"} ("${broken.expression}") cannot be evaluated: ${broken.reason}`,
    };
  });
  return {
    ...plan,
    unavailable: [...plan.unavailable, ...unavailable.filter(({ component }) => all || chosen.has(component))],
  };
}
