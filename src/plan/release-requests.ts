// Several releases asked for at once: one request for each, with the Kubernetes version and the components that it has.
import { type Catalog, chooseRelease, releaseVersion } from "../catalog/catalog.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { compare } from "../core/version.ts";
import type { Resolution } from "./assemble.ts";
import { type PlanRequest, resolve } from "./resolve.ts";
import { findNamed, type ReleaseComponents, type Selection } from "./selection.ts";

/** What the flags say of releases: `2.30.0`; of Kubernetes: `1.34.1` for all of them, or `2.30.0=1.34.1` for one. */
export interface RequestedReleases {
  readonly releases?: readonly string[] | undefined;
  readonly kubernetes?: readonly string[] | undefined;
}

/**
 * A request for each release, oldest first, each once; without a name, for the newest.
 * @throws KsoError `unresolvable` for a release that there is not, `usage` for Kubernetes versions that contradict each other or are
 * for a release that is not asked for.
 */
export function releaseRequests(
  catalog: Catalog,
  common: Omit<PlanRequest, "release" | "kubernetes">,
  { releases = [], kubernetes = [] }: RequestedReleases,
): PlanRequest[] {
  const chosen = (releases.length > 0 ? releases : [undefined]).map((name) => chooseRelease(catalog, name).version);
  const versions = [...new Set(chosen)].sort(compare);
  const own = ownVersions(kubernetes, versions);
  const shared = sharedKubernetes(kubernetes);
  return versions.map((release) => ({ ...common, release, kubernetes: own.get(release) ?? shared }));
}

/** The one Kubernetes version that is named for no release in particular. @throws KsoError `usage` where there are two. */
export function sharedKubernetes(kubernetes: readonly string[] = []): string | undefined {
  const [first, second] = kubernetes.filter((text) => !text.includes("="));
  if (second !== undefined && second !== first)
    throw new KsoError(
      "usage",
      `--kube names ${first} and ${second}; with several releases, say which is for which: --kube 2.30.0=${first}`,
    );
  return first;
}

function ownVersions(kubernetes: readonly string[], releases: readonly string[]): Map<string, string> {
  const own = new Map<string, string>();
  for (const text of kubernetes) {
    const [name = "", version] = text.split("=");
    if (version === undefined) continue;
    const release = releaseVersion(name);
    if (!releases.includes(release))
      throw new KsoError(
        "usage",
        `--kube ${text}: kubespray ${release} is not planned; what is planned: ${releases.join(", ")}`,
      );
    const earlier = own.get(release);
    if (version === "" || (earlier !== undefined && earlier !== version))
      throw new KsoError("usage", `--kube ${text}: write one version for each release: ${release}=1.34.1`);
    own.set(release, version);
  }
  return own;
}

/**
 * Resolves each request. A component that only some of the releases have is no error: the others' plans are without it, and say so.
 * @throws KsoError `unresolvable` where one of them cannot be planned.
 */
export function resolveEach(catalog: Catalog, requests: readonly PlanRequest[]): Resolution[] {
  if (requests.length === 1) return requests.map((request) => resolve(catalog, request));
  const all = requests.map((request) => resolveOne(catalog, { ...request, selection: {} }).components);
  return requests.map((request, at) => {
    const own = all[at] as ReleaseComponents;
    const selection = selectionFor(own, all, request.selection);
    const { plan, components } = resolveOne(catalog, { ...request, selection });
    const kept = includedNames(selection);
    const dropped = includedNames(request.selection).filter((name) => !kept.includes(name));
    const notes = [...plan.notes, ...dropped.map((name) => `${own.releaseName} has no ${name}`)];
    return { plan: { ...plan, notes }, components };
  });
}

/** @throws KsoError as `resolve` does, with what to do where one release of several does not know the Kubernetes version. */
function resolveOne(catalog: Catalog, request: PlanRequest): Resolution {
  try {
    return resolve(catalog, request);
  } catch (cause) {
    if (!(cause instanceof KsoError) || request.kubernetes === undefined || !/Kubernetes/.test(cause.message))
      throw cause;
    const advice = `--kube ${request.release}=VERSION chooses for this release alone`;
    throw new KsoError(cause.code, `${messageOf(cause)}; ${advice}`, cause, cause.details);
  }
}

/** The selection without the names that this release has nothing of, and another one has. */
export function selectionFor(
  components: ReleaseComponents,
  all: readonly ReleaseComponents[],
  selection: Selection,
): Selection {
  const isRelevant = (text: string): boolean =>
    text === "none" || has(components, text) || !all.some((other) => has(other, text));
  return {
    ...selection,
    cni: selection.cni?.filter(isRelevant),
    runtime: selection.runtime?.filter(isRelevant),
    with: selection.with?.filter(isRelevant),
    only: selection.only?.filter(isRelevant),
    without: selection.without?.filter(isRelevant),
  };
}

/** Whether the release has the component of that name, or that an item of that name is a part of. */
function has(components: ReleaseComponents, name: string): boolean {
  const component = findNamed(name, components);
  return component !== undefined && components.present.has(component);
}

/** The names that the selection takes in. */
function includedNames({ without: _, profile: _profile, ...including }: Selection): string[] {
  return [...new Set(Object.values(including).flatMap((names?: readonly string[]) => names ?? []))];
}
