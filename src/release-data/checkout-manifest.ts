// A checkout becomes the manifest of a release: every variable that plugins read, evaluated for every Kubernetes version that the
// checkout has checksums and companions for, and its checksum tables as they stand.

import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { evaluateRelease } from "../catalog/release.ts";
import { KsoError } from "../core/errors.ts";
import type { PinStep, ReleaseManifest } from "../core/manifest.ts";
import type { Platform } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { bare, compare, minor } from "../core/version.ts";
import { attempt } from "../kubespray/attempt.ts";
import type { Checkout } from "../kubespray/checkout.ts";
import { anyHost, rolesTemplarFor, templarFor } from "../kubespray/host.ts";
import { evaluateItems } from "../kubespray/items.ts";
import { releaseLists } from "../kubespray/lists.ts";
import { pinsOf } from "../kubespray/pins.ts";
import { kubernetesVariable, pluginContributions } from "../kubespray/release.ts";
import { rolePins } from "../kubespray/role-pins.ts";
import type { ImportedRelease } from "./importer.ts";
import { releaseOrigins } from "./origins.ts";
import { ignoredPins } from "./tables.ts";

const machine = "x86_64";

/** @throws KsoError `unresolvable` when the checkout does not say which release it is, or which Kubernetes versions it has. */
export function releaseIn(checkout: Checkout, asked: string | undefined): ImportedRelease {
  const version = asked ?? checkout.version;
  if (version === "0.0.0")
    throw new KsoError(
      "unresolvable",
      `Cannot import ${checkout.folder.path}: it does not say which release it is; name it with --kubespray`,
    );
  const site = anyHost();
  const host = templarFor(checkout, site, site.host, machine);
  const versions = versionsOf(checkout, host);
  const { pins, byKubernetes } = pinsByKubernetes(checkout, versions);
  const items = evaluateItems(checkout, host);
  const lists = releaseLists(checkout, host, items);
  const has = (name: string, field: "url" | "repo"): boolean =>
    items.some((item) => item.name.replace(/^kubeadm_/, "") === name && item[field] !== undefined);
  const texts = writtenIn(checkout);
  const manifest: ReleaseManifest = {
    $schema: "../schema/release.json",
    name: `kubespray-${version}`,
    version,
    source: {
      repository: "https://github.com/kubernetes-sigs/kubespray",
      tag: `v${version}`,
      commit: checkout.commit ?? "unknown",
      date: "unknown",
    },
    kubernetes: { default: bare(str(host.resolve("kube_version"))), versions },
    pins,
    byKubernetes,
    origins: releaseOrigins({
      tag: `v${version}`,
      download_url_templates: Object.fromEntries(texts.filter(([name]) => name.endsWith("_url"))),
      image_templates: Object.fromEntries(texts.filter(([name]) => name.endsWith("_image_repo"))),
    }),
    lists: {
      files: lists.files.filter((name) => has(name, "url")),
      images: lists.images.filter((name) => has(name, "repo")),
    },
  };
  return { manifest, checksums: tablesOf(checkout, host) };
}

/** Newest first: what has checksums, and companions by its minor version. */
function versionsOf(checkout: Checkout, host: Templar): string[] {
  const keys = (name: string, ...path: string[]): string[] => {
    let value: PythonValue | undefined = attempt(() => unwrap(host.resolve(name) as PythonValue));
    for (const key of path) value = value instanceof Dict ? value.get(key) : undefined;
    return value instanceof Dict ? value.keys().map((key) => bare(str(key))) : [];
  };
  const minors = new Set(keys("etcd_supported_versions"));
  const versions = keys("kubelet_checksums", "amd64").filter((version) => minors.has(minor(version)));
  if (versions.length === 0)
    throw new KsoError(
      "unresolvable",
      `Cannot import ${checkout.folder.path}: there is no Kubernetes version that it has both checksums and etcd for`,
    );
  return versions.sort((a, b) => compare(b, a));
}

/** Variables that are the same for all Kubernetes versions, and steps of those that are not. */
function pinsByKubernetes(
  checkout: Checkout,
  versions: readonly string[],
): Pick<ReleaseManifest, "pins" | "byKubernetes"> {
  const own = new Set([...checkout.defaults, ...checkout.vars].flatMap((layer) => [...layer.keys()]));
  const roles = new Set(rolePins.map(({ pin }) => pin));
  const isWanted = (name: string): boolean =>
    roles.has(name) || (own.has(name) && /(_version|_tag)$/.test(name) && !ignoredPins.test(name));
  const samples = [...versions].reverse().map((version) => {
    const site = anyHost();
    const host = rolesTemplarFor(checkout, site, site.host, machine, kubernetesVariable(checkout, version));
    return { version, pins: pinsOf(checkout, host) };
  });
  const names = new Set(samples.flatMap(({ pins }) => Object.keys(pins)).filter(isWanted));
  const pins: Record<string, string> = {};
  const byKubernetes: Record<string, PinStep[]> = {};
  for (const name of [...names].sort()) {
    const steps: PinStep[] = [];
    for (const { version, pins: sample } of samples) {
      const value = sample[name] ?? null;
      if (steps.length === 0 || steps.at(-1)?.value !== value) steps.push({ from: version, value });
    }
    const [only] = steps;
    if (steps.length === 1 && only && only.value !== null) pins[name] = only.value;
    else byKubernetes[name] = steps;
  }
  return { pins, byKubernetes };
}

/** Every variable that is text, as it is written. */
function writtenIn(checkout: Checkout): (readonly [string, string])[] {
  return [...checkout.defaults, ...checkout.vars].flatMap((layer) =>
    [...layer].flatMap(([name, { value }]) => (typeof value === "string" ? [[name, value] as const] : [])),
  );
}

/** Checksum tables: by architecture; one without that level holds for all, one with the system above it names both. */
function tablesOf(checkout: Checkout, host: Templar): ImportedRelease["checksums"] {
  const names = new Set([...checkout.defaults, ...checkout.vars].flatMap((layer) => [...layer.keys()]));
  const tables: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const name of [...names].filter((one) => /_checksums$/.test(one)).sort()) {
    const value = attempt(() => unwrap(host.resolve(name) as PythonValue));
    if (!(value instanceof Dict)) continue;
    const table: Record<string, Record<string, unknown>> = {};
    const add = (arch: string, versions: Dict): void => {
      table[arch] = Object.fromEntries(
        versions.entries().map(([version, sum]) => [str(version), str(unwrap(sum as PythonValue))]),
      );
    };
    for (const [key, inner] of value.entries()) {
      if (!(inner instanceof Dict)) add("no_arch", value);
      else if (inner.entries().some(([, one]) => one instanceof Dict))
        for (const [arch, versions] of inner.entries()) {
          if (versions instanceof Dict) add(`${str(key)}/${str(arch)}`, versions);
        }
      else add(str(key), inner);
    }
    tables[name] = table;
  }
  return tables;
}

/** All that plugins contribute to the release, at the newest Kubernetes version of each line. */
export function describedBy(
  manifest: ReleaseManifest,
  plugins: readonly Plugin[],
  platforms: readonly Platform[],
): readonly Contributed[] {
  const newest = [...Map.groupBy(manifest.kubernetes.versions, minor).values()].flatMap(([first]) => first ?? []);
  return newest.flatMap((kubernetes) => pluginContributions(plugins, evaluateRelease(manifest, kubernetes), platforms));
}
