// Turns samples ("at Kubernetes 1.30.0 coredns_version is 1.11.1") into steps ("from 1.30.5 on it is 1.11.3").
// Every value is one that kubespray itself evaluated; only the places where values may change are read from expressions.
import type { PinStep } from "../../src/core/manifest.ts";
import { compare, minor, withoutV } from "../../src/core/version.ts";
import { ignoredPins } from "../../src/release-data/checkout-pins.ts";
import type { Facts, Pins, ReleaseFacts } from "./facts.ts";

/** The pins of one release, split by whether the Kubernetes version matters. */
export interface ImportedPins {
  readonly pins: Record<string, string>;
  readonly byKubernetes: Record<string, PinStep[]>;
}

/** The Kubernetes version that a pins file was evaluated for, without its v. */
export function kubernetesOf(pins: Pins): string {
  return withoutV(String(pins.vars["kube_version"]));
}

/** Minor versions that the release has companions for; others have checksums and cannot be installed. */
export function supportedMinors({ pins }: ReleaseFacts): Set<string> {
  const [first] = pins;
  return new Set(Object.keys(first?.supported_versions["etcd_supported_versions"] ?? {}).map(withoutV));
}

/** All pins of a release. @throws Error where the samples do not decide a value. */
export function importPins(release: ReleaseFacts): ImportedPins {
  const minors = supportedMinors(release);
  const samples = release.pins
    .map((pins) => ({ kubernetes: kubernetesOf(pins), pins }))
    .filter(({ kubernetes }) => minors.has(minor(kubernetes)));
  const known = [
    ...samples.flatMap(({ pins }) => Object.keys(pins.vars)),
    ...Object.keys(release.facts.image_templates),
  ];
  const names = new Set(known.filter(isPin));
  const result: ImportedPins = { pins: {}, byKubernetes: {} };
  for (const name of [...names].sort()) {
    const values = samples
      .map(({ kubernetes, pins }) => ({ kubernetes, raw: rawValue(release.facts, name, pins) }))
      .filter(({ raw }) => raw !== undefined)
      .map(({ kubernetes, raw }) => ({ kubernetes, value: textOf(name, raw) }));
    const points = breakpoints(release.facts, name, minors);
    // Evaluations for further Kubernetes versions leave out what does not depend on it. What does, and is left out all the
    // same, has no value that could be trusted: a plugin that wants it must use another variable.
    if (values.length < samples.length && points.length > 1) continue;
    const steps = stepsOf(name, values, values.length < samples.length ? points.slice(0, 1) : points);
    const [only] = steps;
    if (!only || steps.length > 1) result.byKubernetes[name] = steps;
    else if (only.value !== null) result.pins[name] = only.value;
  }
  return result;
}

function isPin(name: string): boolean {
  return /(_version|_image_tag)$/.test(name) && !ignoredPins.test(name);
}

/** A variable's evaluation. Tags that repeat a version or look one up by minor version may be evaluated for the default alone. */
function rawValue(facts: Facts, name: string, pins: Pins): unknown {
  if (pins.vars[name] !== undefined) return pins.vars[name];
  const expression = facts.image_templates[name];
  if (typeof expression !== "string") return undefined;
  if (!expression.includes("{{")) return expression;
  const [, map] = /^\{\{ (\w+)\[kube_major_version\] \}\}$/.exec(expression) ?? [];
  const series = minor(kubernetesOf(pins));
  if (map) return pins.supported_versions[map]?.[series] ?? pins.supported_versions[map]?.[`v${series}`];
  const [, v, other] = /^(v?)\{\{ (\w+) \}\}$/.exec(expression) ?? [];
  const value = other && rawValue(facts, other, pins);
  return value === undefined || typeof value === "object" ? value : `${v}${value}`;
}

/** The value, or null where kubespray itself cannot evaluate it (a map without that Kubernetes version). */
function textOf(name: string, value: unknown): string | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  return name.endsWith("_version") ? withoutV(String(value)) : String(value);
}

/** Where a value may change: at versions that its expressions compare with and, if they look at it, at each minor version. */
function breakpoints(facts: Facts, name: string, minors: Set<string>): string[] {
  const starts = [...minors].map((text) => `${text}.0`).sort(compare);
  const points = new Set(starts.slice(0, 1));
  const seen = new Set<string>();
  const visit = (variable: string): void => {
    const expression = facts.version_expressions[variable] ?? facts.image_templates[variable];
    if (typeof expression !== "string" || seen.has(variable)) return;
    seen.add(variable);
    for (const [, text] of expression.matchAll(/kube_version is version\('v?([0-9.]+)'/g)) points.add(text as string);
    if (expression.includes("kube_major")) for (const start of starts) points.add(start);
    for (const [word] of expression.matchAll(/[a-z_]+_(?:version|tag)\b/g)) visit(word);
  };
  visit(name);
  const [first = "0.0.0"] = starts;
  return [...points].filter((text) => compare(text, first) >= 0).sort(compare);
}

function stepsOf(
  name: string,
  samples: readonly { kubernetes: string; value: string | null }[],
  points: readonly string[],
): PinStep[] {
  const steps: PinStep[] = [];
  for (const [index, from] of points.entries()) {
    const next = points[index + 1];
    const inside = samples.filter(
      ({ kubernetes }) => compare(kubernetes, from) >= 0 && !(next && compare(kubernetes, next) >= 0),
    );
    const values = new Set(inside.map(({ value }) => value));
    const [value] = values;
    if (value === undefined || values.size > 1) {
      const found = values.size > 1 ? `several values (${[...values].join(", ")})` : "no value";
      throw new Error(`Cannot import ${name}: ${found} for Kubernetes ${from}${next ? ` to ${next}` : " and later"}`);
    }
    if (steps.at(-1)?.value !== value) steps.push({ from, value });
  }
  return steps;
}
