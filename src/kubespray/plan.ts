// A checkout and what is asked of it travel in, a plan travels out: the same plan that plugins and manifests give for an embedded
// release, only that the checkout itself says what it is.
import { KsoError } from "../core/errors.ts";
import type { Gap } from "../core/plan.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { Plugin, Release } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";
import { bare, compare, isVersion, minor } from "../core/version.ts";
import type { Templar } from "../jinja/templar.ts";
import { str } from "../jinja/text.ts";
import { Dict, type Value } from "../jinja/values.ts";
import { type Asked, assemble, type Published, type Resolved } from "../resolve/assemble.ts";
import type { Catalog } from "../resolve/catalog.ts";
import { type Contributed, contributionsOf as fromPlugin, problemOf } from "../resolve/contributions.ts";
import { digestOf } from "../resolve/release.ts";
import { requirements } from "../resolve/resolve.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";
import { type Chosen, contributionsOf, inWordsOf, ownersOf } from "./contributed.ts";
import { anyHost, rolesTemplarFor, templarFor } from "./host.ts";
import { identify } from "./identity.ts";
import { type Broken, evaluateItems } from "./items.ts";
import { listsOf } from "./lists.ts";
import { pinsOf } from "./pins.ts";
import { layerOf } from "./variables.ts";

/** What a person asks of a checkout. */
export interface CheckoutRequest extends Asked {
  readonly kubernetes?: string | undefined;
}

/** An item that cannot be evaluated, for one platform. */
interface Failed extends Pick<Chosen, "item" | "platform"> {
  readonly broken: Broken;
}

/**
 * Plans all that a checkout lists.
 * @throws KsoError `unresolvable` when there is no such plan; the message says what there is.
 */
export function planCheckout(checkout: Checkout, catalog: Catalog, request: CheckoutRequest): Resolved {
  const version = kubernetesOf(checkout, request.kubernetes);
  const layers = version === undefined ? [] : [layerOf(new Dict([["kube_version", version]]), "--kube")];
  const site = anyHost(layers);
  const runs = request.platforms.map((platform) => {
    const host = templarFor(checkout, site, site.host, platform.machine);
    return { platform, host, items: evaluateItems(checkout, host) };
  });
  const [first] = runs;
  if (!first) throw new KsoError("usage", "There is no architecture to plan for");

  const release = releaseOf(checkout, rolesTemplarFor(checkout, site, site.host, first.platform.machine), catalog);
  const described = describe(catalog.plugins, release, request.platforms);
  const owners = ownersOf(described);
  const inWords = inWordsOf(described);
  const failed: Failed[] = [];
  const own = runs.flatMap(({ platform, host, items }) =>
    items.flatMap((item) => {
      failed.push(...item.broken.filter(({ field }) => field !== "when").map((broken) => ({ item, platform, broken })));
      return contributionsOf({ item, platform, both: true }, owners, host, writerOf(checkout))
        .map(inWords)
        .filter((one) => {
          const problem = problemOf(plainOf(one));
          if (problem === undefined) return true;
          const expression = one.kind === "file" ? one.url : one.image;
          failed.push({
            item,
            platform,
            broken: { field: one.kind === "file" ? "url" : "repo", expression, reason: problem },
          });
          return false;
        });
    }),
  );
  const there = new Set(own.map(({ kind, name }) => `${kind} ${name}`));
  const contributed = [...own, ...described.filter(({ kind, name }) => !there.has(`${kind} ${name}`))];
  const lists = listsOf(checkout, first.host, first.items);
  const resolved = assemble(
    {
      release: { name: release.name, version: release.version, commit: checkout.commit ?? "unknown" },
      kubernetes: release.kubernetes,
      plugins: [...catalog.plugins, ...strangers(contributed, catalog.plugins)],
      brought: catalog.brought,
      contributed,
      lists: {
        files: lists.files.filter((name) => there.has(`file ${name}`)),
        images: lists.images.filter((name) => there.has(`image ${name}`)),
      },
      requires: requirements(catalog, release.version),
      digestOf: (item) => publishedFor(item, catalog, checkout),
    },
    request,
  );
  return withFailures(resolved, failed, owners);
}

/** The release that a checkout is, as plugins see it. `host` sees all of its roles. */
function releaseOf(checkout: Checkout, host: Templar, catalog: Catalog): Release {
  const kubernetes = bare(attempt(() => str(host.name("kube_version"))) ?? "");
  if (!isVersion(kubernetes))
    throw new KsoError("unresolvable", `Cannot use ${checkout.folder.path}: its kube_version has no value`);
  const pins = pinsOf(checkout, host);
  const version = identify(checkout, { kubernetes, pins }, usualKubernetes(checkout), catalog);
  return { name: `kubespray-${version}`, version, kubernetes, pins };
}

/** What the checkout installs when nobody says otherwise, without a leading v. */
function usualKubernetes(checkout: Checkout): string {
  const site = anyHost();
  const host = templarFor(checkout, site, site.host, "x86_64");
  return bare(attempt(() => str(host.name("kube_version"))) ?? "");
}

/** What plugins say of this release. One that fails for a fork says nothing, as for a release without that component. */
function describe(
  plugins: readonly Plugin[],
  release: Release,
  platforms: readonly Platform[],
): readonly Contributed[] {
  return plugins.flatMap((plugin) => {
    try {
      return platforms.flatMap((platform) => fromPlugin(plugin, release, platform));
    } catch (thrown) {
      if (thrown instanceof KsoError && thrown.code === "unresolvable") return [];
      throw thrown;
    }
  });
}

function writerOf(checkout: Checkout): string {
  return `kubespray ${checkout.folder.path}`;
}

/** The checkout's own digest; for what only plugins describe, the one that is embedded. */
function publishedFor(
  item: Contributed & { kind: "file" },
  catalog: Catalog,
  checkout: Checkout,
): Published | undefined {
  if (item.writer !== undefined)
    return item.digest ? { digest: item.digest as Published["digest"], origin: writerOf(checkout) } : undefined;
  const table = (catalog.overlay(item.component)?.manifest ?? catalog.component(item.component))?.files?.[
    item.digests ?? item.name
  ];
  const digest = digestOf(table?.versions[item.version], item.platform.arch);
  return digest && table ? { digest, origin: table.source } : undefined;
}

/** Components that no plugin describes: a fork's own. */
function strangers(contributed: readonly Contributed[], plugins: readonly Plugin[]): Plugin[] {
  const known = new Set(plugins.map(({ name }) => name));
  const names = new Set(contributed.map(({ component }) => component).filter((name) => !known.has(name)));
  return [...names].map((name) => ({ name, category: "addon", description: "of this checkout", contribute: () => [] }));
}

/** The contribution alone, as plugins' are checked. */
function plainOf({ component: _, platform: __, reason: ___, writer: ____, ...contribution }: Contributed): unknown {
  return contribution;
}

/** What cannot be evaluated is named, like every gap, with its expression. */
function withFailures(resolved: Resolved, failed: readonly Failed[], owners: ReturnType<typeof ownersOf>): Resolved {
  const gaps = failed.map(({ item, platform, broken }): Gap => {
    const kind = item.kind ?? "file";
    const name = item.name.replace(/^kubeadm_/, "");
    return {
      kind,
      name,
      component: owners(kind, name),
      version: item.version ?? item.tag ?? "unknown",
      platform: platformName(platform),
      locator: broken.expression,
      reason: `its ${broken.field || "value"} ("${broken.expression}") cannot be evaluated: ${broken.reason}`,
      included: false,
    };
  });
  const wanted = new Set(resolved.plan.components.filter(({ included }) => included).map(({ component }) => component));
  return {
    ...resolved,
    plan: { ...resolved.plan, gaps: [...resolved.plan.gaps, ...gaps.filter(({ component }) => wanted.has(component))] },
  };
}

/**
 * The value of `kube_version` that `--kube` stands for, spelled as the checkout spells it; undefined: the checkout's own.
 * @throws KsoError `unresolvable` when the checkout has no checksum for it.
 */
export function kubernetesOf(checkout: Checkout, asked: string | undefined): string | undefined {
  if (asked === undefined) return undefined;
  const site = anyHost();
  const host = templarFor(checkout, site, site.host, "x86_64");
  const table = attempt(() => host.name("kubelet_checksums"));
  const known = table instanceof Dict ? table.get("amd64") : undefined;
  const versions = known instanceof Dict ? known.keys().map((key: Value) => str(key)) : [];
  const wanted = bare(asked);
  const sorted = versions.filter(isVersion).sort((a, b) => compare(b, a));
  const found = sorted.find((version) => bare(version) === wanted || minor(version) === wanted);
  if (found !== undefined) return found;
  throw new KsoError(
    "unresolvable",
    `Kubernetes ${wanted} is not supported by ${checkout.folder.path}${didYouMean(wanted, sorted.map(bare))}; it has checksums for ${sorted.map(bare).join(", ")}`,
  );
}
