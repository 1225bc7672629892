// What cannot be evaluated, in a plan: described for people, let through by name, or the end of the job.
import { countsOf, formatCounts } from "../core/counts.ts";
import { KsoError } from "../core/errors.ts";
import type { Plan, Unresolved } from "../core/plan.ts";
import { didYouMean } from "../core/suggest.ts";
import { describeUnresolved } from "../core/unresolved.ts";
import type { Resolution } from "./assemble.ts";
import { findComponent } from "./selection.ts";

/**
 * The plan, with what `--allow-unresolved` names on record. A name is that of a file, an image, a component, or of a file of variables.
 * @throws KsoError `usage` for a name that nothing in the release has.
 */
export function allowUnresolved({ plan, components }: Resolution, names: readonly string[]): Plan {
  const known = new Set([...components.owners.keys(), ...components.plugins.map(({ name }) => name)]);
  // A file of variables that can be read is not known here by its name.
  const isKnown = (name: string): boolean =>
    known.has(name) ||
    findComponent(name, components) !== undefined ||
    /(?:group|host)_vars\/|\.(?:ya?ml|json)$/.test(name);
  const unknown = names.find((name) => !isKnown(name));
  if (unknown !== undefined) {
    const unresolved = [...new Set(plan.unresolved.map(({ name }) => name))];
    const choice = unresolved.length > 0 ? `; unresolved are: ${unresolved.join(", ")}` : "; nothing is unresolved";
    throw new KsoError(
      "usage",
      `--allow-unresolved ${unknown}: ${components.releaseName} has nothing of that name${didYouMean(unknown, [...unresolved, ...known])}${choice}`,
    );
  }
  const allowed = new Set(names.flatMap((name) => [name, findComponent(name, components) ?? name]));
  const isAllowed = ({ kind, name, component }: Unresolved): boolean =>
    kind === "variables"
      ? names.some((path) => `/${path}`.endsWith(`/${name}`) || `/${name}`.endsWith(`/${path}`))
      : allowed.has(name) || allowed.has(component);
  const unresolved = plan.unresolved.map((item): Unresolved => (isAllowed(item) ? { ...item, allowed: true } : item));
  return { ...plan, unresolved };
}

/**
 * Ends the job where something is unresolved and not on record.
 * @throws KsoError `unresolvable` that lists each file and image once.
 */
export function assertResolved(unresolved: readonly Unresolved[]): void {
  const open = unresolved.filter(({ allowed }) => !allowed);
  if (open.length === 0) return;
  const lines = open.map((item) => `\n  ${describeUnresolved(item)}`).join("");
  const items = [...new Set(open.map(({ name }) => name))];
  const flags = items.map((name) => `--allow-unresolved ${name}`).join(" ");
  throw new KsoError(
    "unresolvable",
    `Cannot resolve ${countText(open)}:${lines}\n${adviceFor(open)}, or go on without, on record: ${flags}`,
    undefined,
    { items, unresolved: open },
  );
}

/** `1 file and 2 images`, and the files of variables that nobody can read. */
function countText(unresolved: readonly Unresolved[]): string {
  const items = unresolved.flatMap(({ kind }) => (kind === "variables" ? [] : [{ kind }]));
  const encrypted = unresolved.length - items.length;
  const variables =
    encrypted === 0
      ? []
      : [`what ${encrypted} file${encrypted === 1 ? "" : "s"} of variables set${encrypted === 1 ? "s" : ""}`];
  return [...(items.length > 0 ? [formatCounts(countsOf(items))] : []), ...variables].join(", and ");
}

function adviceFor(unresolved: readonly Unresolved[]): string {
  const isVariables = unresolved.map(({ kind }) => kind === "variables");
  return [
    ...(isVariables.includes(true) ? ["Name the password with --vault-password-file"] : []),
    ...(isVariables.includes(false) ? ["Correct the variables"] : []),
  ].join(". ");
}
