// A release manifest and a Kubernetes version travel in; a `Release` with every pin decided travels out.
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest } from "../core/manifest.ts";
import type { Release } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";
import { bare, compare, isVersion, minor, since } from "../core/version.ts";

/** Decides every pin for one Kubernetes version (without a leading v). */
export function evaluateRelease(manifest: ReleaseManifest, kubernetes: string): Release {
  const pins: Record<string, string> = { ...manifest.pins };
  for (const [name, steps] of Object.entries(manifest.byKubernetes)) {
    const step = steps.findLast(({ from }) => since(kubernetes, from));
    if (step && step.value !== null) pins[name] = step.value;
  }
  return { name: manifest.name, version: manifest.version, kubernetes, pins };
}

/** The same release with another version of one component: what a plugin then says is of that version. */
export function withVersion(release: Release, pin: string, version: string): Release {
  const pins = { ...release.pins, [pin]: version };
  return { ...release, pins, kubernetes: pin === "kube_version" ? version : release.kubernetes };
}

/**
 * The Kubernetes version to plan for: the release's default, an exact version, or the newest of a minor version.
 * `further` are versions that a `--manifests` folder has digests for.
 * @throws KsoError `unresolvable` when the release does not support it.
 */
export function chooseKubernetes(
  manifest: ReleaseManifest,
  asked: string | undefined,
  further: readonly string[],
): string {
  if (asked === undefined) return manifest.kubernetes.default;
  const minors = new Set(manifest.kubernetes.versions.map(minor));
  const added = further.filter((version) => minors.has(minor(version)));
  const versions = [...new Set([...manifest.kubernetes.versions, ...added])].sort((a, b) => compare(b, a));
  const wanted = bare(asked);
  const found = /^\d+\.\d+$/.test(wanted)
    ? versions.find((version) => minor(version) === wanted)
    : versions.find((version) => version === wanted);
  if (found) return found;
  const what = isVersion(wanted)
    ? `Kubernetes ${wanted} is not supported by`
    : `"${asked}" is not a Kubernetes version of`;
  const near = minors.has(minor(wanted)) ? didYouMean(wanted, versions) : "";
  throw new KsoError("unresolvable", `${what} ${manifest.name}${near}; it supports ${supported(versions)}`);
}

/** `1.35.0 to 1.35.4, 1.34.0 to 1.34.7`: newest minor first. */
function supported(versions: readonly string[]): string {
  return [...Map.groupBy(versions, minor).values()]
    .map((group) => (group.length > 1 ? `${group.at(-1)} to ${group[0]}` : `${group[0]}`))
    .join(", ");
}

/** Where digests are looked up: what the user brought wins over the release's own word, and that over the common table. */
export interface Digests {
  component(name: string): ComponentManifest | undefined;
  overlay?(name: string): { readonly manifest: ComponentManifest; readonly path: string } | undefined;
  readonly release: ReleaseManifest;
}

/** The published digest and where it was published, or undefined: there is none for that architecture. */
export function lookup(
  digests: Digests,
  component: string,
  file: string,
  version: string,
  arch: string,
): { readonly digest: Digest; readonly origin: string } | undefined {
  const overlay = digests.overlay?.(component);
  const brought = digestOf(overlay?.manifest.files?.[file]?.versions[version], arch);
  if (overlay && brought) return { digest: brought, origin: overlay.path };
  const own = digestOf(digests.release.digests?.[component]?.[file]?.[version], arch);
  if (own === null) return undefined;
  const table = digests.component(component)?.files?.[file];
  if (own) return { digest: own, origin: `${digests.release.name}, which differs from other releases` };
  const common = digestOf(table?.versions[version], arch);
  return common && { digest: common, origin: table?.source ?? component };
}

/** One row of a digest table; `any` stands for every architecture. */
export function digestOf<D extends Digest | null>(
  row: Readonly<Record<string, D>> | undefined,
  arch: string,
): D | undefined {
  // Not `??`: null is a release's word that it publishes none.
  return row && arch in row ? row[arch] : row?.any;
}
