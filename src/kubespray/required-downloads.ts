// What a cluster will ask for: every host of the inventory evaluated for its architecture, and each item with the hosts that want it.

import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, equal, isLazy, type PythonValue, Undefined, unwrap } from "../ansible/jinja/values.ts";
import type { VariableSource } from "../ansible/variables.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { type Platform, parsePlatform, platforms as shipped } from "../core/platform.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";
import { type InventoryHost, type Site, shared, templarFor, type VariableLookup, variablesOf } from "./host.ts";
import { type DownloadItem, evaluateItems } from "./items.ts";
import { isMirrorOf, withoutLocations } from "./location.ts";
import { otherRoleDownloads, type RoleDownloads, roleDownloads } from "./other-roles.ts";

/** One item, for one architecture, and who wants it. */
export interface ItemDownload {
  readonly item: DownloadItem;
  readonly platform: Platform;
  /** Names of the hosts that will ask for it; none for an item that is not wanted. */
  readonly hosts: readonly string[];
  /** Where the hosts ask: the inventory's own address. `item` has the origin's, where it is a mirror of that. */
  readonly requested: Pick<DownloadItem, "url" | "repo">;
  /** Why it is wanted though its item is not enabled, or not of that kind: `container-engine/cri-o needs it`. */
  readonly role?: string | undefined;
  /** No host of this architecture fetches it in advance, and its pods may be started on one all the same. */
  readonly anywhere?: boolean | undefined;
  /** The variables that it was evaluated with. */
  readonly templar: Templar;
}

/** Does the cluster ask for it? */
export function isRequired({ hosts, anywhere }: ItemDownload): boolean {
  return hosts.length > 0 || anywhere === true;
}

export interface RequiredDownloads {
  readonly downloads: readonly ItemDownload[];
  /** Hosts by architecture; a host whose architecture nobody says counts for each that was asked for. */
  readonly hosts: ReadonlyMap<Platform, readonly string[]>;
  /** Hosts whose architecture nobody says. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
  /** Some host's variables, for what does not depend on the host. */
  readonly first: { readonly host: InventoryHost; readonly site: Site; readonly platform: Platform };
}

/** Ways in which hosts may differ; a cluster has a handful. */
const mostRuns = 500;

interface Run {
  readonly lookup: VariableLookup;
  readonly host: Templar;
  readonly items: readonly Omit<ItemDownload, "hosts" | "platform" | "templar">[];
  readonly hosts: string[];
}

/**
 * Evaluates an inventory. Hosts that cannot differ are evaluated once. `extra` variables win over all others (`-e`); a host whose
 * architecture nobody says counts for each of `assumed`.
 * @throws KsoError `unresolvable` when no host takes part, or `downloads` cannot be read.
 */
export function requiredDownloads(
  checkout: Checkout,
  site: Site,
  asked: readonly Platform[],
  extra: VariableSource,
  assumed: readonly Platform[] = asked,
): RequiredDownloads {
  const taking = site.hosts.filter(({ groups }) => groups.includes("k8s_cluster") || groups.includes("etcd"));
  if (taking.length === 0)
    throw new KsoError("unresolvable", "Cannot use the inventory: no host is in k8s_cluster or etcd");
  const notes: string[] = [];
  const hosts = new Map<Platform, string[]>(asked.map((platform) => [platform, []]));
  const unknown: string[] = [];
  const fetchers = roleDownloads(checkout);
  const runs = new Map<Platform, Run[]>(asked.map((platform) => [platform, []]));
  for (const host of taking) {
    const own = platformOf(checkout, site, host, notes);
    if (own === undefined) unknown.push(host.name);
    if (own === null) continue;
    if (own && !asked.includes(own)) notes.push(`${host.name} is ${own.arch}, which was not asked for`);
    for (const platform of asked) {
      if (own ? own !== platform : !assumed.includes(platform)) continue;
      hosts.get(platform)?.push(host.name);
      const known = runs.get(platform) ?? [];
      const lookup = variablesOf(checkout, site, host, platform.machine, extra);
      const same = known.find((run) => alike(run, lookup));
      if (same) same.hosts.push(host.name);
      else known.push(runOf({ checkout, site, host, platform, extra, lookup, fetchers }));
      if (known.length > mostRuns)
        throw new KsoError(
          "unresolvable",
          `Cannot use the inventory: its hosts differ in more than ${mostRuns} ways that matter to downloads`,
        );
    }
  }
  const [platform, [run] = []] = [...runs].find(([, some]) => some.length > 0) ?? [];
  const firstHost = taking.find(({ name }) => name === run?.hosts[0]);
  if (!(platform && firstHost))
    throw new KsoError("unresolvable", "Cannot use the inventory: no host has an architecture that was asked for");
  return {
    downloads: withPods([...runs].flatMap(([one, some]) => merged(one, some))),
    hosts,
    unknown,
    notes,
    first: { host: firstHost, site, platform },
  };
}

/** The architecture that the inventory says a host has; undefined: it says nothing; null: one that is not shipped. */
function platformOf(checkout: Checkout, site: Site, host: InventoryHost, notes: string[]): Platform | undefined | null {
  const own = (name: string): boolean => host.sources.some((layer) => layer.has(name));
  const templar = templarFor(checkout, site, host, "");
  const facts = own("ansible_facts") ? attempt(() => templar.resolve("ansible_facts")) : undefined;
  const fact = facts instanceof Dict ? facts.get("architecture") : undefined;
  const named = ["host_architecture", "ansible_architecture", "ansible_machine", "image_arch"].find(own);
  const value = named === undefined ? fact : attempt(() => templar.resolve(named));
  if (value === undefined || value instanceof Undefined) return undefined;
  const text = attempt(() => str(value)) ?? "";
  try {
    return shipped.find((platform) => platform === parsePlatform(text));
  } catch (thrown) {
    notes.push(`${host.name} is left out: ${messageOf(thrown)}`);
    return null;
  }
}

/** Would that host's evaluation read the very same? */
function alike(run: Run, lookup: VariableLookup): boolean {
  return [...run.host.read].every((name) => {
    if (shared.has(name)) return true;
    const [a, b] = [run.lookup(name)?.value, lookup(name)?.value];
    return a === b || (a !== undefined && b !== undefined && sameValue(a, b));
  });
}

function sameValue(a: PythonValue, b: PythonValue): boolean {
  if (isLazy(a) || isLazy(b)) return false;
  return attempt(() => equal(a, b) && typeof unwrap(a) === typeof unwrap(b)) ?? false;
}

function runOf({
  checkout,
  site,
  host,
  platform,
  extra,
  lookup,
  fetchers,
}: {
  readonly checkout: Checkout;
  readonly site: Site;
  readonly host: InventoryHost;
  readonly platform: Platform;
  readonly extra: VariableSource;
  readonly lookup: VariableLookup;
  readonly fetchers: RoleDownloads;
}): Run {
  const templar = templarFor(checkout, site, host, platform.machine, extra);
  const items = evaluateItems(checkout, templar);
  const placeless = { ...host, sources: withoutLocations(host.sources, checkout) };
  const moved = placeless.sources.some((layer, index) => layer !== host.sources[index]);
  const origins = new Map<string, DownloadItem>();
  if (moved)
    for (const item of evaluateItems(checkout, templarFor(checkout, site, placeless, platform.machine, extra)))
      origins.set(item.name, item);
  const found = items.map((item) => ({ item: atOrigin(item, origins.get(item.name)), requested: placeOf(item) }));
  const named = templar.read.has("inventory_hostname");
  const others = otherRoleDownloads(fetchers, templar, items, host.groups).map(({ item, role }) => ({
    item: atOrigin(item, withPlaceOf(item, origins.get(item.name))),
    requested: placeOf(item),
    role,
  }));
  // Whether a host gets an engine follows from its groups, though older releases ask by its name.
  templar.read.add("group_names");
  if (!named) templar.read.delete("inventory_hostname");
  return { lookup, host: templar, items: [...found, ...others], hosts: [host.name] };
}

function placeOf({ url, repo }: DownloadItem): ItemDownload["requested"] {
  return { url, repo };
}

function withPlaceOf(item: DownloadItem, origin: DownloadItem | undefined): DownloadItem | undefined {
  return origin && { ...item, url: origin.url, repo: origin.repo };
}

/** The item with the addresses of its origin, where the inventory's are those of a mirror of it. */
function atOrigin(item: DownloadItem, origin: DownloadItem | undefined): DownloadItem {
  if (!origin) return item;
  const url = item.url !== undefined && origin.url !== undefined && isMirrorOf(item.url, origin.url);
  const repo = item.repo !== undefined && origin.repo !== undefined && isMirrorOf(item.repo, origin.repo);
  return { ...item, url: url ? origin.url : item.url, repo: repo ? origin.repo : item.repo };
}

/** Runs of several hosts put together: one demand for each thing that is asked for. */
function merged(platform: Platform, runs: readonly Run[]): ItemDownload[] {
  const found = new Map<string, ItemDownload & { readonly hosts: string[] }>();
  for (const run of runs)
    for (const { item, requested: asked, role } of run.items) {
      const wanted = item.required || role !== undefined;
      const place = item.kind === "image" ? `${item.repo}:${item.tag} ${asked.repo}` : `${item.url} ${asked.url}`;
      const key = `${item.name} ${item.kind} ${place} ${item.checksum} ${wanted} ${item.broken.length}`;
      const there = found.get(key) ?? { item, requested: asked, role, platform, templar: run.host, hosts: [] };
      if (wanted) there.hosts.push(...run.hosts);
      found.set(key, there);
    }
  // A thing that some hosts want is wanted; that others do not says nothing new.
  const wanted = new Set([...found.values()].filter(({ hosts }) => hosts.length > 0).map(({ item }) => item.name));
  return [...found.values()].filter(({ item, hosts }) => hosts.length > 0 || !wanted.has(item.name));
}

/** Static pods and proxies run where the download role put their images; everything else where the scheduler likes. */
const bound = /^(?:etcd|nginx|haproxy|kube-vip|kubeadm_.*)$/;

function withPods(all: readonly ItemDownload[]): ItemDownload[] {
  const wanted = new Set(
    all.filter(({ item, hosts }) => item.kind === "image" && hosts.length > 0).map(({ item }) => item.name),
  );
  return all.map((demand) => {
    const { item, hosts } = demand;
    const anywhere = item.kind === "image" && hosts.length === 0 && wanted.has(item.name) && !bound.test(item.name);
    return anywhere ? { ...demand, anywhere } : demand;
  });
}
