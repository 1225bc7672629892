// The versions and tags that a checkout sets, evaluated for each of its Kubernetes versions.

import type { PinStep, ReleaseManifest } from "../core/manifest.ts";
import { allRolesTemplar, anyHost } from "../kubespray/any-host.ts";
import { type Checkout, variableNames } from "../kubespray/checkout.ts";
import { pinsOf } from "../kubespray/pins.ts";
import { kubernetesVariable } from "../kubespray/release.ts";
import { rolePins } from "../kubespray/role-pins.ts";

/** Variables that are versions or tags of something else than an artifact. */
export const ignoredPins: RegExp =
  /^(kube|kubeadm|docker_containerd)_version$|^kube_major|^kube.*_api_version$|_supported_version$/;

/** The pins of a checkout at one Kubernetes version. */
interface Sample {
  readonly version: string;
  readonly pins: Readonly<Record<string, string>>;
}

/** Variables that are the same for all Kubernetes versions (which are given newest first), and steps of those that are not. */
export function evaluatePins(
  checkout: Checkout,
  versions: readonly string[],
): Pick<ReleaseManifest, "pins" | "byKubernetes"> {
  const samples = versions.toReversed().map((version): Sample => {
    const extraVars = kubernetesVariable(checkout, version);
    const templar = allRolesTemplar(checkout, { ...anyHost(), machine: "x86_64", extraVars });
    return { version, pins: pinsOf(checkout, templar) };
  });
  const isPin = pinFilter(checkout);
  const names = new Set(samples.flatMap(({ pins }) => Object.keys(pins)).filter(isPin));
  const pins: Record<string, string> = {};
  const byKubernetes: Record<string, PinStep[]> = {};
  for (const name of [...names].sort()) {
    const steps = stepsOf(name, samples);
    const [first, second] = steps;
    if (first && !second && first.value !== null) pins[name] = first.value;
    else byKubernetes[name] = steps;
  }
  return { pins, byKubernetes };
}

/** Tells whether a release manifest pins a variable: a version or tag of the shared defaults, or one that a single role sets. */
function pinFilter(checkout: Checkout): (name: string) => boolean {
  const shared = variableNames(checkout);
  const rolePinNames = new Set(rolePins.map(({ pin }) => pin));
  return (name) =>
    rolePinNames.has(name) || (shared.has(name) && /(_version|_tag)$/.test(name) && !ignoredPins.test(name));
}

/** The steps of a variable: one wherever its value changes, from the oldest Kubernetes version on. */
function stepsOf(name: string, samples: readonly Sample[]): PinStep[] {
  const steps: PinStep[] = [];
  for (const { version, pins } of samples) {
    const value = pins[name] ?? null;
    if (steps.length === 0 || steps.at(-1)?.value !== value) steps.push({ from: version, value });
  }
  return steps;
}
