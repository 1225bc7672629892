// Reads release manifests: every pin decided for one Kubernetes version, and every published digest found.
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest } from "../core/manifest.ts";
import type { Release } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";
import { compare, isVersion, minor, newestOfEachMinor, since, withoutV } from "../core/version.ts";
import type { Overlay } from "./catalog.ts";

/** Decides every pin for one Kubernetes version (without a leading v). */
export function evaluateRelease(manifest: ReleaseManifest, kubernetes: string): Release {
  const pins: Record<string, string> = { ...manifest.pins };
  for (const [name, steps] of Object.entries(manifest.byKubernetes)) {
    const step = steps.findLast(({ from }) => since(kubernetes, from));
    if (step && step.value !== null) pins[name] = step.value;
  }
  return { name: manifest.name, version: manifest.version, kubernetes, pins };
}

/** Kubernetes versions that stand for all of a release in checks: its default and the newest of each minor version. */
export function sampleVersions({ kubernetes }: ReleaseManifest): string[] {
  return [...new Set([kubernetes.default, ...newestOfEachMinor(kubernetes.versions)])];
}

/** The same release with another version in one pin, so that a plugin contributes what that version has. */
export function withVersion(release: Release, pin: string, version: string): Release {
  const pins = { ...release.pins, [pin]: version };
  return { ...release, pins, kubernetes: pin === "kube_version" ? version : release.kubernetes };
}

/**
 * The Kubernetes version to plan for: the release's default, an exact version, or the newest of a minor version.
 * `userVersions` are those that a `--manifests` folder has digests for.
 * @throws KsoError `unresolvable` when the release does not support it.
 */
export function chooseKubernetes(
  manifest: ReleaseManifest,
  request: string | undefined,
  userVersions: readonly string[],
): string {
  if (request === undefined) return manifest.kubernetes.default;
  const minors = new Set(manifest.kubernetes.versions.map(minor));
  const added = userVersions.filter((version) => minors.has(minor(version)));
  const versions = [...new Set([...manifest.kubernetes.versions, ...added])].sort((a, b) => compare(b, a));
  const requested = withoutV(request);
  const isMinor = /^\d+\.\d+$/.test(requested);
  const version = versions.find((candidate) => (isMinor ? minor(candidate) : candidate) === requested);
  if (version) return version;
  const subject = isVersion(requested)
    ? `Kubernetes ${requested} is not supported by`
    : `"${request}" is not a Kubernetes version of`;
  const suggestion = minors.has(minor(requested)) ? didYouMean(requested, versions) : "";
  throw new KsoError("unresolvable", `${subject} ${manifest.name}${suggestion}; it supports ${supported(versions)}`);
}

/** `1.35.0 to 1.35.4, 1.34.0 to 1.34.7`: newest minor first. */
function supported(versions: readonly string[]): string {
  return [...Map.groupBy(versions, minor).values()]
    .map((group) => (group.length > 1 ? `${group.at(-1)} to ${group[0]}` : `${group[0]}`))
    .join(", ");
}

/** Where digests are looked up: the user's manifests come before the release's own table, and that before the common one. */
export interface DigestSources {
  component(name: string): ComponentManifest | undefined;
  overlay?(name: string): Overlay | undefined;
  readonly release: ReleaseManifest;
}

/** A published digest, and where it was published. */
export interface PublishedDigest {
  readonly digest: Digest;
  readonly source: string;
}

/** One file of a component, as manifests name it. */
export interface FileKey {
  readonly component: string;
  /** The file's key in the component manifest. */
  readonly file: string;
  readonly version: string;
  readonly arch: string;
}

/** The published digest; undefined where there is none for that architecture. */
export function findDigest(
  sources: DigestSources,
  { component, file, version, arch }: FileKey,
): PublishedDigest | undefined {
  const overlay = sources.overlay?.(component);
  const overlaid = digestInRow(overlay?.manifest.files?.[file]?.versions[version], arch);
  if (overlay && overlaid) return { digest: overlaid, source: overlay.path };
  const { release } = sources;
  const ofRelease = digestInRow(release.digests?.[component]?.[file]?.[version], arch);
  if (ofRelease === null) return undefined;
  if (ofRelease) return { digest: ofRelease, source: `${release.name}, which differs from other releases` };
  const table = sources.component(component)?.files?.[file];
  const common = digestInRow(table?.versions[version], arch);
  return common && { digest: common, source: table?.source ?? component };
}

/** The digest in one row of a digest table; `any` stands for every architecture. */
export function digestInRow<D extends Digest | null>(
  row: Readonly<Record<string, D>> | undefined,
  arch: string,
): D | undefined {
  // Not `??`: null says that the release publishes none.
  return row && arch in row ? row[arch] : row?.any;
}
