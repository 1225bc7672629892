// Turns samples ("at Kubernetes 1.30.0 coredns_version is 1.11.1") into steps ("from 1.30.5 on it is 1.11.3").
// Every value is one that kubespray itself evaluated; only the places where values may change are read from expressions.
import { KsoError } from "../core/errors.ts";
import type { Step } from "../core/manifest.ts";
import { bare, compare, minor } from "../core/version.ts";
import type { Facts, Pins, ReleaseFacts } from "./facts.ts";
import { ignoredPins } from "./tables.ts";

/** The pins of one release, split by whether the Kubernetes version matters. */
export interface ImportedPins {
  readonly pins: Record<string, string>;
  readonly byKubernetes: Record<string, Step[]>;
}

/** The Kubernetes version that a pins file was evaluated for, without its v. */
export function kubernetesOf(pins: Pins): string {
  return bare(String(pins.vars.kube_version));
}

/** Minor versions that the release has companions for; others have checksums and cannot be installed. */
export function supportedMinors({ pins }: ReleaseFacts): Set<string> {
  const [first] = pins;
  return new Set(Object.keys(first?.supported_versions.etcd_supported_versions ?? {}).map(bare));
}

/** @throws KsoError `unresolvable` where the samples do not decide a value. */
export function importPins(release: ReleaseFacts): ImportedPins {
  const minors = supportedMinors(release);
  const samples = release.pins
    .map((pins) => ({ kubernetes: kubernetesOf(pins), vars: pins.vars }))
    .filter(({ kubernetes }) => minors.has(minor(kubernetes)));
  const names = new Set(samples.flatMap(({ vars }) => Object.keys(vars)).filter(isPin));
  const result: ImportedPins = { pins: {}, byKubernetes: {} };
  for (const name of [...names].sort()) {
    const values = samples.map(({ kubernetes, vars }) => ({ kubernetes, value: valueOf(name, vars[name]) }));
    const steps = stepsOf(name, values, breakpoints(release.facts, name, minors));
    const [only] = steps;
    if (only && steps.length === 1) result.pins[name] = only.value;
    else result.byKubernetes[name] = steps;
  }
  return result;
}

function isPin(name: string): boolean {
  return /(_version|_image_tag)$/.test(name) && !ignoredPins.test(name);
}

function valueOf(name: string, value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") {
    throw new KsoError("unresolvable", `Cannot import ${name}: kubespray could not evaluate it`);
  }
  return name.endsWith("_version") ? bare(String(value)) : String(value);
}

/** Where a value may change: at each minor version, and at versions that the variable's expressions compare with. */
function breakpoints(facts: Facts, name: string, minors: Set<string>): string[] {
  const literals = new Set([...minors].map((text) => `${text}.0`));
  const seen = new Set<string>();
  const visit = (variable: string): void => {
    const expression = facts.version_expressions[variable] ?? facts.image_templates[variable];
    if (typeof expression !== "string" || seen.has(variable)) return;
    seen.add(variable);
    for (const [, text] of expression.matchAll(/kube_version is version\('v?([0-9.]+)'/g)) literals.add(text as string);
    for (const [word] of expression.matchAll(/[a-z_]+_(?:version|tag)\b/g)) visit(word);
  };
  visit(name);
  const first = [...minors].map((text) => `${text}.0`).sort(compare)[0] ?? "0.0.0";
  return [...literals].filter((text) => compare(text, first) >= 0).sort(compare);
}

function stepsOf(name: string, samples: readonly { kubernetes: string; value: string }[], points: readonly string[]): Step[] {
  const steps: Step[] = [];
  for (const [index, from] of points.entries()) {
    const next = points[index + 1];
    const inside = samples.filter(({ kubernetes }) => compare(kubernetes, from) >= 0 && !(next && compare(kubernetes, next) >= 0));
    const values = new Set(inside.map(({ value }) => value));
    const [value] = values;
    if (value === undefined || values.size > 1) {
      const found = values.size > 1 ? `several values (${[...values].join(", ")})` : "no value";
      throw new KsoError("unresolvable", `Cannot import ${name}: ${found} for Kubernetes ${from}${next ? ` to ${next}` : " and later"}`);
    }
    if (steps.at(-1)?.value !== value) steps.push({ from, value });
  }
  return steps;
}
