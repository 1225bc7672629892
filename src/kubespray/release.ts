// The release that a checkout is, and the Kubernetes version it is planned for.
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, unwrap } from "../ansible/jinja/values.ts";
import { type VariableSource, variableSource } from "../ansible/variables.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { type Contributed, contributionsOf } from "../catalog/contributions.ts";
import { KsoError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { Plugin, Release } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";
import { compare, isVersion, minor, withoutV } from "../core/version.ts";
import { anyHostTemplar } from "./any-host.ts";
import { type ClusterPins, clusterPins } from "./broken-pins.ts";
import type { Checkout } from "./checkout.ts";
import { identifyRelease } from "./identity.ts";

/** The release that a checkout is, as plugins see it. `templar` sees all of its roles. */
export function releaseOf(
  checkout: Checkout,
  templar: Templar,
  catalog: Catalog,
): Release & Pick<ClusterPins, "broken"> {
  const kubernetes = kubernetesOf(templar);
  if (!isVersion(kubernetes))
    throw new KsoError("unresolvable", `Cannot use ${checkout.folder.path}: its kube_version has no value`);
  const { pins, broken } = clusterPins(checkout, templar);
  const defaultKubernetes = kubernetesOf(defaultTemplar(checkout));
  const version = identifyRelease(checkout, { kubernetes, pins, defaultKubernetes }, catalog);
  return { name: `kubespray-${version}`, version, kubernetes, pins, broken };
}

/** Without a leading v. */
function kubernetesOf(templar: Templar): string {
  return withoutV(attempt(() => str(templar.resolve("kube_version"))) ?? "");
}

/** The variables of a checkout that no inventory or command line changes. */
function defaultTemplar(checkout: Checkout): Templar {
  return anyHostTemplar(checkout, "x86_64");
}

/** What plugins contribute to this release. A plugin that lacks a pin here (a fork may) contributes nothing. */
export function pluginContributions(
  plugins: readonly Plugin[],
  release: Release,
  platforms: readonly Platform[],
): readonly Contributed[] {
  return plugins.flatMap((plugin) => {
    try {
      return platforms.flatMap((platform) => contributionsOf(plugin, release, platform));
    } catch (thrown) {
      if (thrown instanceof KsoError && thrown.code === "unresolvable") return [];
      throw thrown;
    }
  });
}

/** `file kubelet`, `image pause`: what the embedded release nearest to that version lists. */
export function listedNear(version: string, catalog: Catalog): ReadonlySet<string> {
  const nearest = catalog.releases.findLast((other) => compare(other, version) <= 0) ?? catalog.releases[0];
  const { files = [], images = [] } = nearest === undefined ? {} : catalog.release(nearest).lists;
  return new Set([...files.map((name) => `file ${name}`), ...images.map((name) => `image ${name}`)]);
}

/**
 * The variables of the command line with the one that `--kube` stands for.
 * @throws KsoError `usage` where they name another version, `unresolvable` when the checkout has no checksum for that version.
 */
export function withKubernetes(
  extraVars: VariableSource,
  checkout: Checkout,
  kubernetes: string | undefined,
): VariableSource {
  if (kubernetes === undefined) return extraVars;
  const given = extraVars.get("kube_version");
  const version = given && withoutV(String(unwrap(given.value)));
  const requested = withoutV(kubernetes);
  if (given && version !== requested && minor(version ?? "") !== requested)
    throw new KsoError("usage", `--kube ${kubernetes} and kube_version of ${given.from} name two versions; take one`);
  return new Map([...kubernetesVariable(checkout, kubernetes), ...extraVars]);
}

/**
 * The variable that `--kube` stands for, spelled as the checkout spells versions; none where it was not given.
 * @throws KsoError `unresolvable` when the checkout has no checksum for that version.
 */
export function kubernetesVariable(checkout: Checkout, kubernetes: string | undefined): VariableSource {
  if (kubernetes === undefined) return new Map();
  const requested = withoutV(kubernetes);
  const versions = checksumVersions(defaultTemplar(checkout));
  const version = versions.find((candidate) => withoutV(candidate) === requested || minor(candidate) === requested);
  if (version !== undefined) return variableSource(new Dict([["kube_version", version]]), "--kube");
  const supported = versions.map(withoutV);
  throw new KsoError(
    "unresolvable",
    `Kubernetes ${requested} is not supported by ${checkout.folder.path}${didYouMean(requested, supported) || `; it has checksums for ${supported.join(", ")}`}`,
  );
}

/** What is wrong with the cluster's `kube_version`, of which most that cannot be evaluated follows. */
export function kubernetesNotes(templar: Templar): readonly string[] {
  const version = attempt(() => str(templar.resolve("kube_version"))) ?? "";
  const versions = checksumVersions(templar);
  const [newest, oldest] = [versions[0], versions.at(-1)];
  if (newest === undefined || versions.includes(version)) return [];
  const spelled = versions.find((candidate) => withoutV(candidate) === withoutV(version));
  if (spelled !== undefined) return [`kube_version is "${version}", and this release spells it "${spelled}"`];
  return [`kube_version is "${version}", and this release has checksums for "${oldest}" to "${newest}" only`];
}

/** The Kubernetes versions that there are checksums for, as they are spelled, newest first. */
function checksumVersions(templar: Templar): string[] {
  const table = attempt(() => templar.resolve("kubelet_checksums"));
  const versions = table instanceof Dict ? table.get("amd64") : undefined;
  const keys = versions instanceof Dict ? versions.keys().map((key) => str(key)) : [];
  return keys.filter(isVersion).sort((a, b) => compare(b, a));
}
