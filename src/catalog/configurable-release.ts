// How the release of a lock is configured. A lock may bring its release's origins along; they end up in files that Ansible evaluates,
// and a bundle is not trusted to write expressions into those: they may name variables and change their text, and nothing else.
import { isDeepStrictEqual } from "node:util";
import type { ConfigurableRelease, ReleaseManifest } from "../core/manifest.ts";
import type { PlannedRelease } from "../core/plan.ts";
import { isVersion, since } from "../core/version.ts";
import type { Catalog } from "./catalog.ts";

/** Characters of an origin's value; real ones have 200. */
const maxLength = 2000;
/** `image_arch`, `ansible_system | lower`, `youki_version | regex_replace('\\.', '_')`. */
const argument = `(?:'[^'{}]*'|"[^"{}]*"|\\d+)`;
const filter = `(?:lower|upper|trim|replace|regex_replace)(?:\\(${argument}(?:, ?${argument})*\\))?`;
const harmlessExpression = new RegExp(`^ ?[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?: ?\\| ?${filter})* ?$`);

/** The release of a plan; its origins go along where another kso could not know them. */
export function plannedRelease(
  catalog: Catalog,
  release: Omit<PlannedRelease, "origins">,
  origins: ReleaseManifest["origins"],
): PlannedRelease {
  const { version } = release;
  const isKnown = catalog.embedded.has(version) && isDeepStrictEqual(origins, catalog.release(version).origins);
  return isKnown || origins === undefined ? release : { ...release, origins };
}

/** How a planned release is configured: by its own origins, or as the catalog has it; undefined where neither says. */
export function configurableRelease(
  catalog: Catalog,
  { name, version, origins }: PlannedRelease,
): ConfigurableRelease | undefined {
  if (origins === undefined) return catalog.releases.includes(version) ? catalog.release(version) : undefined;
  return Object.values(origins).every(isHarmless) ? spelledRelease(catalog, { name, version, origins }) : undefined;
}

/** A checkout that does not say its version spells its variables as the release that it has most origins in common with. */
export function spelledRelease(
  catalog: Catalog,
  release: ConfigurableRelease & Required<Pick<ConfigurableRelease, "origins">>,
): ConfigurableRelease {
  const [oldest] = catalog.releases;
  if (oldest === undefined || (isVersion(release.version) && since(release.version, oldest))) return release;
  const common = (version: string): number => {
    const others = catalog.release(version).origins ?? {};
    return Object.entries(release.origins ?? {}).filter(([name, value]) => others[name] === value).length;
  };
  const version = [...catalog.releases]
    .reverse()
    .reduce((best, other) => (common(other) > common(best) ? other : best));
  return { ...release, version };
}

function isHarmless(value: string): boolean {
  if (value.length > maxLength) return false;
  const parts = value.split(/\{\{(.*?)\}\}/s);
  return parts.every((part, index) => (index % 2 === 0 ? /^[^\s{}"'\\]*$/.test(part) : harmlessExpression.test(part)));
}
