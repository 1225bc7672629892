// The release that a checkout is, and the Kubernetes version it is planned for.

import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict } from "../ansible/jinja/values.ts";
import { type VariableSource, variableSource } from "../ansible/variables.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { type Contributed, contributionsOf as fromPlugin } from "../catalog/contributions.ts";
import { KsoError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { Plugin, Release } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";
import { compare, isVersion, minor, withoutV } from "../core/version.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";
import { anyHost, templarFor } from "./host.ts";
import { identifyRelease } from "./identity.ts";
import { pinsOf } from "./pins.ts";

/** The release that a checkout is, as plugins see it. `host` sees all of its roles. */
export function releaseOf(checkout: Checkout, host: Templar, catalog: Catalog): Release {
  const kubernetes = withoutV(attempt(() => str(host.resolve("kube_version"))) ?? "");
  if (!isVersion(kubernetes))
    throw new KsoError("unresolvable", `Cannot use ${checkout.folder.path}: its kube_version has no value`);
  const pins = pinsOf(checkout, host);
  const version = identifyRelease(checkout, { kubernetes, pins }, usualKubernetes(checkout), catalog);
  return { name: `kubespray-${version}`, version, kubernetes, pins };
}

/** What the checkout installs when nobody says otherwise, without a leading v. */
function usualKubernetes(checkout: Checkout): string {
  return withoutV(attempt(() => str(plainHost(checkout).resolve("kube_version"))) ?? "");
}

function plainHost(checkout: Checkout): Templar {
  const site = anyHost();
  return templarFor(checkout, site, site.host, "x86_64");
}

/** What plugins say of this release. One that fails for a fork says nothing, as for a release without that component. */
export function pluginContributions(
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

/** `file kubelet`, `image pause`: what the embedded release nearest to that version lists. */
export function listedNear(version: string, catalog: Catalog): ReadonlySet<string> {
  const near = catalog.releases.findLast((other) => compare(other, version) <= 0) ?? catalog.releases[0];
  const { files = [], images = [] } = near === undefined ? {} : catalog.release(near).lists;
  return new Set([...files.map((name) => `file ${name}`), ...images.map((name) => `image ${name}`)]);
}

/**
 * The variable that `--kube` stands for, spelled as the checkout spells versions; none where it was not given.
 * @throws KsoError `unresolvable` when the checkout has no checksum for that version.
 */
export function kubernetesVariable(checkout: Checkout, asked: string | undefined): VariableSource {
  if (asked === undefined) return new Map();
  const table = attempt(() => plainHost(checkout).resolve("kubelet_checksums"));
  const known = table instanceof Dict ? table.get("amd64") : undefined;
  const versions = known instanceof Dict ? known.keys().map((key) => str(key)) : [];
  const wanted = withoutV(asked);
  const sorted = versions.filter(isVersion).sort((a, b) => compare(b, a));
  const found = sorted.find((version) => withoutV(version) === wanted || minor(version) === wanted);
  if (found !== undefined) return variableSource(new Dict([["kube_version", found]]), "--kube");
  throw new KsoError(
    "unresolvable",
    `Kubernetes ${wanted} is not supported by ${checkout.folder.path}${didYouMean(wanted, sorted.map(withoutV))}; it has checksums for ${sorted.map(withoutV).join(", ")}`,
  );
}
