// Reads a release from a checkout: every variable that plugins read, evaluated for every Kubernetes version that the checkout has
// checksums and companions for, and its checksum tables as they are written.

import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import { KsoError } from "../core/errors.ts";
import { compare, minor, withoutV } from "../core/version.ts";
import { anyHostTemplar } from "../kubespray/any-host.ts";
import { type Checkout, unknownVersion } from "../kubespray/checkout.ts";
import { type DownloadItem, evaluateItems, listedName } from "../kubespray/items.ts";
import { releaseLists } from "../kubespray/lists.ts";
import { checkoutOrigins } from "../kubespray/origins.ts";
import { readChecksumTables } from "./checkout-checksums.ts";
import { evaluatePins } from "./checkout-pins.ts";
import type { ImportedRelease } from "./merge.ts";

/**
 * The release that a checkout is; `givenVersion` is the version that the user names, where the checkout does not say it.
 * @throws KsoError `unresolvable` when neither says which release it is, or it has no Kubernetes version to install.
 */
export function readRelease(checkout: Checkout, requestedVersion: string | undefined): ImportedRelease {
  const version = requestedVersion ?? checkout.version;
  if (version === unknownVersion)
    throw new KsoError(
      "unresolvable",
      `Cannot import ${checkout.folder.path}: it does not say which release it is; name it with --kubespray`,
    );
  const templar = anyHostTemplar(checkout, "x86_64");
  const versions = kubernetesVersions(checkout, templar);
  const { pins, byKubernetes } = evaluatePins(checkout, versions);
  const items = evaluateItems(checkout, templar);
  const lists = releaseLists(checkout, templar, items);
  return {
    manifest: {
      $schema: "../schema/release.json",
      name: `kubespray-${version}`,
      version,
      source: {
        repository: "https://github.com/kubernetes-sigs/kubespray",
        tag: `v${version}`,
        commit: checkout.commit ?? "unknown",
        date: "unknown",
      },
      kubernetes: { default: withoutV(str(templar.resolve("kube_version"))), versions },
      pins,
      byKubernetes,
      origins: checkoutOrigins(checkout),
      lists: {
        files: lists.files.filter((name) => hasField(items, name, "url")),
        images: lists.images.filter((name) => hasField(items, name, "repo")),
      },
    },
    checksums: readChecksumTables(checkout, templar),
  };
}

/** The Kubernetes versions that have checksums, and whose minor version has an etcd; newest first. */
function kubernetesVersions(checkout: Checkout, templar: Templar): string[] {
  const minors = new Set(versionKeys(templar, "etcd_supported_versions"));
  const versions = versionKeys(templar, "kubelet_checksums", "amd64").filter((version) => minors.has(minor(version)));
  if (versions.length === 0)
    throw new KsoError(
      "unresolvable",
      `Cannot import ${checkout.folder.path}: there is no Kubernetes version that it has both checksums and etcd for`,
    );
  return versions.sort((a, b) => compare(b, a));
}

/** The keys of a mapping, as versions; nothing where there is no such mapping. */
function versionKeys(templar: Templar, variable: string, ...path: readonly string[]): string[] {
  let value: PythonValue | undefined = attempt(() => unwrap(templar.resolve(variable)));
  for (const key of path) value = value instanceof Dict ? value.get(key) : undefined;
  return value instanceof Dict ? value.keys().map((key) => withoutV(str(key))) : [];
}

function hasField(items: readonly DownloadItem[], name: string, field: "url" | "repo"): boolean {
  return items.some((item) => listedName(item) === name && item[field] !== undefined);
}
