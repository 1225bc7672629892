// `kso diff --releases A B`: what an upgrade of kubespray brings. Two plans of one selection, and what differs.

import type { Catalog } from "../catalog/catalog.ts";
import { KsoError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { type ArtifactChange, type ArtifactVersion, comparePlans, type PlanDifference } from "../plan/compare-plans.ts";
import { type PlanRequest, resolve } from "../plan/resolve.ts";
import { componentNamed, type ReleaseComponents, type Selection } from "../plan/selection.ts";
import type { Output } from "./command.ts";
import { catalogOf, requestOf } from "./context.ts";
import type { releasesKeys } from "./flags/selection.ts";
import type { Options } from "./flags/table.ts";
import { columns, reportUnavailable } from "./terminal/report.ts";

/** @throws KsoError `usage` without a release to compare with, `unresolvable` where a side cannot be planned. */
export async function diffReleases(
  options: Options<(typeof releasesKeys)[number] | "json">,
  positionals: readonly string[],
  output: Output,
): Promise<void> {
  const [a, b, ...more] = positionals;
  if (a === undefined || more.length > 0)
    throw new KsoError("usage", "Name two releases: kso diff --releases 2.30.0 2.31.0");
  const catalog = await catalogOf(options);
  const [from, to] = plansOf(catalog, requestOf(options), a, b ?? catalog.releases.at(-1));
  const difference = comparePlans(from, to);
  if (options.json) {
    const value = { schema: "kso.release-diff/1", from: headOf(from), to: headOf(to), ...difference };
    return output.data(
      `${JSON.stringify({ ...value, unavailable: { from: from.unavailable, to: to.unavailable } }, null, 2)}\n`,
    );
  }
  output.data(`${from.release.name} to ${to.release.name}, Kubernetes ${from.kubernetes} to ${to.kubernetes}\n`);
  show(difference, output);
  reportUnavailable(to, output);
}

/** Both plans. A component that only one release has is no error: it came or it went. */
function plansOf(catalog: Catalog, request: PlanRequest, a: string, b: string | undefined): [Plan, Plan] {
  const sides = [a, b].map((release) => ({ ...request, release }));
  const facts = sides.map((side) => resolve(catalog, { ...side, selection: {} }).components);
  const [from, to] = sides.map((side, index) => {
    const [own, other] = [facts[index], facts[1 - index]] as [ReleaseComponents, ReleaseComponents];
    return resolve(catalog, { ...side, selection: reduced(request.selection, own, other) }).plan;
  });
  return [from as Plan, to as Plan];
}

/** The selection without the names that this release has no component for, and the other has. */
function reduced(selection: Selection, own: ReleaseComponents, other: ReleaseComponents): Selection {
  const keep = (text: string): boolean => {
    if (text === "none") return true;
    const name = componentNamed(text, own);
    return own.present.has(name) || !other.present.has(name);
  };
  const { cni, runtime, without, ...rest } = selection;
  const lists = Object.entries({ ...rest, cni, runtime }) as [keyof Selection, readonly string[] | undefined][];
  const kept = lists.map(([flag, names]) => [flag, names?.filter(keep)] as const);
  return { ...Object.fromEntries(kept), without };
}

function headOf({ release, kubernetes, platforms }: Plan): object {
  return { release, kubernetes, platforms };
}

function show({ components, artifacts }: PlanDifference, output: Output): void {
  if (artifacts.length === 0) {
    output.data("nothing changed\n");
    return;
  }
  // Of several versions, those that both have are left out, unless there are no others.
  const words = (own: readonly string[], other: readonly string[]): string => {
    const differ = own.filter((version) => !other.includes(version));
    return (differ.length > 0 ? differ : own).join(", ") || "-";
  };
  const rows = components.map(({ change, component, from, to }) => [
    change,
    component,
    words(from, to),
    words(to, from),
  ]);
  output.data(`\n${columns([["CHANGE", "COMPONENT", "FROM", "TO"], ...rows])}\n`);
  const items = [...Map.groupBy(artifacts, rowKey).values()].map(rowOf);
  output.data(`\n${columns([["CHANGE", "KIND", "COMPONENT", "NAME", "ARCH", "FROM", "TO"], ...items])}\n\n`);
  output.data(`${summaryOf("file", artifacts)}; ${summaryOf("image", artifacts)}\n`);
}

/** A file differs by its architecture's name in the URL; it is one line for all of them. */
function rowKey({ change, kind, component, name, from, to }: ArtifactChange): string {
  return JSON.stringify([change, kind, component, name, from?.version, to?.version]);
}

function rowOf(changes: readonly ArtifactChange[]): string[] {
  const [first] = changes as [ArtifactChange];
  const { change, kind, component, name, from, to } = first;
  const arch = [...new Set(changes.flatMap(({ platforms }) => platforms))].map((text) => text.replace("linux/", ""));
  // Where the version stays, what differs is shown: the bytes, or the name.
  const words = (side: ArtifactVersion | undefined): string => {
    if (!side) return "-";
    if (!(from && to) || from.version !== to.version) return side.version;
    return change === "digest" ? `${side.version} ${side.digest?.slice(0, 19) ?? "no digest"}` : side.item;
  };
  return [change, kind, component, name, arch.join(","), words(from), words(to)];
}

function summaryOf(kind: "file" | "image", all: readonly ArtifactChange[]): string {
  const own = all.filter((change) => change.kind === kind);
  const count = (what: ArtifactChange["change"]): number => own.filter(({ change }) => change === what).length;
  const other = count("digest") > 0 ? `, ${count("digest")} with other bytes` : "";
  return `${kind}s: ${count("added")} added, ${count("removed")} removed, ${count("changed")} changed${other}`;
}
