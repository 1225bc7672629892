// Reads a release from prepared facts: `facts/<tag>.json` (kubespray's tables and expressions, read from its files) and
// `pins/<tag>[@<kubernetes>].json` (each variable as Ansible evaluates it). A checkout's reader gives the same.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseManifest } from "../../src/core/manifest.ts";
import { compare, minor, since, withoutV } from "../../src/core/version.ts";
import { releaseOrigins } from "../../src/kubespray/origins.ts";
import { rolePins } from "../../src/kubespray/role-pins.ts";
import type { ChecksumTable, ImportedRelease } from "../../src/release-data/merge.ts";
import type { RoleReference, RoleReferences } from "../../src/release-data/references.ts";
import { importPins, kubernetesOf, supportedMinors } from "./fact-pins.ts";
import { entriesOf } from "./ground-truth.ts";
import { rolePinValue } from "./role-pin-values.ts";

/** One release's own tables and expressions. Checksums: table → architecture → version → hex, `sha256:…`, or 0. */
export interface Facts {
  readonly tag: string;
  readonly commit: string;
  readonly commit_date: string;
  readonly checksums: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly kube_versions: Readonly<Record<string, readonly string[]>>;
  readonly download_url_templates: Readonly<Record<string, string>>;
  readonly downloads_raw: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly version_expressions: Readonly<Record<string, unknown>>;
  readonly image_templates: Readonly<Record<string, unknown>>;
  /** Variables that a role defines again: name, file, the role's value, the shared value. */
  readonly shadowed_elsewhere: readonly (readonly [string, string, string, string])[];
}

/** Variables as evaluated for one Kubernetes version; `broken` names what could not be. */
export interface Pins {
  readonly broken: readonly string[];
  readonly supported_versions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** A release with every evaluation of it: Kubernetes version → pins. */
export interface ReleaseFacts {
  readonly facts: Facts;
  readonly pins: readonly Pins[];
}

/** What is known of a release in the folder: its facts, and the pins of each Kubernetes version, the default's first. */
export function readFacts(folder: string, tag: string): ReleaseFacts {
  const read = <T>(path: string): T => JSON.parse(readFileSync(join(folder, path), "utf8")) as T;
  const further = entriesOf(folder, "pins").filter((name) => name.startsWith(`${tag}@`));
  return {
    facts: read<Facts>(`facts/${tag}.json`),
    pins: [`${tag}.json`, ...further].map((name) => read<Pins>(`pins/${name}`)),
  };
}

/** The release that facts describe. */
export function releaseOfFacts(release: ReleaseFacts): ImportedRelease {
  return { manifest: manifestOf(release), checksums: checksumTables(release.facts) };
}

/** The references that the tables of facts hold. */
export function referencesOfFacts(facts: Facts): RoleReferences {
  const { image_templates: images, download_url_templates: urls } = facts;
  const where = `${facts.tag}.json`;
  const repositories = Object.entries(images).filter(([name]) => name.endsWith("_image_repo"));
  return {
    references: [
      ...repositories.map(([name, text]): RoleReference => ({ kind: "repository", name, text: String(text), where })),
      ...Object.entries(urls).map(([name, text]): RoleReference => ({ kind: "url", name, text, where })),
    ],
    variables: new Map(
      textsIn({ ...facts.version_expressions, ...images, ...urls }).map(([name, text]) => [name, [text]]),
    ),
  };
}

function textsIn(variables: Readonly<Record<string, unknown>>): (readonly [name: string, text: string])[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
}

/**
 * What the facts lack: roles/kubernetes-apps/argocd/defaults/main.yml has argocd_install_url at v2.23.0 to v2.28.0. Before, the URL
 * stands in a task; after, it is in download.yml.
 */
function roleUrls(kubespray: string): [name: string, text: string][] {
  if (!since(kubespray, "2.23.0") || since(kubespray, "2.28.1")) return [];
  const v = since(kubespray, "2.28.0") ? "v" : "";
  const url = `https://raw.githubusercontent.com/argoproj/argo-cd/${v}{{ argocd_version }}/manifests/install.yaml`;
  return [["argocd_install_url", url]];
}

function manifestOf(release: ReleaseFacts): ReleaseManifest {
  const { facts, pins: samples } = release;
  const version = withoutV(facts.tag);
  const minors = supportedMinors(release);
  const [defaults] = samples;
  if (!defaults) throw new Error(`there are no pins for ${facts.tag}`);
  const { pins, byKubernetes } = importPins(release);
  const argocd = facts.shadowed_elsewhere.find(([name]) => name === "argocd_version")?.[2];
  const all = { ...pins, ...missingPins(facts, version), ...(argocd && { argocd_role_version: withoutV(argocd) }) };
  return {
    $schema: "../schema/release.json",
    name: `kubespray-${version}`,
    version,
    source: {
      repository: "https://github.com/kubernetes-sigs/kubespray",
      tag: facts.tag,
      commit: facts.commit,
      date: facts.commit_date,
    },
    kubernetes: {
      default: kubernetesOf(defaults),
      versions: (facts.kube_versions["amd64"] ?? [])
        .map(withoutV)
        .filter((text) => minors.has(minor(text)))
        .sort((a, b) => compare(b, a)),
    },
    pins: Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))),
    byKubernetes,
    origins: releaseOrigins([
      ...roleUrls(version),
      ...textsIn({ ...facts.download_url_templates, ...facts.image_templates }),
    ]),
    lists: { files: listedFiles(facts), images: listedImages(facts) },
  };
}

function checksumTables({ checksums }: Facts): ChecksumTable[] {
  return Object.entries(checksums).map(([name, byArchitecture]) => ({
    name,
    rows: Object.entries(byArchitecture).flatMap(([architecture, byVersion]) =>
      Object.entries((byVersion ?? {}) as Record<string, unknown>).map(([version, value]) => ({
        architecture,
        version,
        value: String(value),
      })),
    ),
  }));
}

/** kubespray's `*_download_url` whose name is not that of the item in `downloads`. */
const fileNames: Readonly<Record<string, string>> = {
  gvisor_containerd_shim_runsc: "gvisor_containerd_shim",
};

/** The order of generate_list.sh: the files' order in download.yml. What is not named here comes last. */
const fileOrder: readonly string[] = (
  "kubelet kubectl kubeadm etcd cni calicoctl calico_crds ciliumcli crictl crio helm runc crun youki kata_containers " +
  "gvisor_runsc gvisor_containerd_shim nerdctl krew containerd cri_dockerd skopeo yq gateway_api_crds prometheus_operator_crds"
).split(" ");

/** The same for images; the script appends the control plane itself. */
const imageOrder: readonly string[] = (
  "netcheck_server netcheck_agent etcd cilium cilium_operator cilium_hubble_relay cilium_hubble_certgen cilium_hubble_ui " +
  "cilium_hubble_ui_backend cilium_hubble_envoy multus flannel flannel_init calico_node calico_cni calico_flexvol " +
  "calico_policy calico_typha calico_apiserver weave_kube weave_npc kube_ovn kube_router pod_infra kube-vip nginx haproxy " +
  "coredns nodelocaldns dnsautoscaler registry metrics_server local_volume_provisioner cephfs_provisioner rbd_provisioner " +
  "local_path_provisioner ingress_nginx_controller ingress_alb_controller cert_manager_controller cert_manager_cainjector " +
  "cert_manager_webhook csi_attacher csi_provisioner csi_snapshotter snapshot_controller csi_resizer csi_livenessprobe " +
  "csi_node_driver_registrar cinder_csi_plugin aws_ebs_csi_plugin dashboard dashboard_metrics_scrapper metallb_speaker " +
  "metallb_controller"
).split(" ");

const controlPlane: readonly string[] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

/** Pins that a release has and its facts lack. */
function missingPins(facts: Facts, kubespray: string): Record<string, string> {
  // roles/*/defaults/main/download.yml, dashboard_metrics_scraper_tag: the same at every tag that has it.
  const hasDashboard = "dashboard_metrics_scrapper" in facts.downloads_raw;
  const ofRoles = rolePins.flatMap(({ pin }) => {
    const value = rolePinValue(pin, kubespray);
    return value === undefined ? [] : [[pin, pin.endsWith("_version") ? withoutV(value) : value] as const];
  });
  return { ...(hasDashboard && { dashboard_metrics_scraper_tag: "v1.0.8" }), ...Object.fromEntries(ofRoles) };
}

function listedFiles(facts: Facts): string[] {
  const names = Object.keys(facts.download_url_templates)
    .filter((name) => name.endsWith("_download_url"))
    .map((name) => name.replace(/_download_url$/, ""))
    .map((name) => fileNames[name] ?? name);
  return inOrder(names, fileOrder);
}

function listedImages(facts: Facts): string[] {
  const names = Object.entries(facts.downloads_raw).flatMap(([name, item]) => (item["repo"] ? [name] : []));
  return [...inOrder(names, imageOrder), ...controlPlane];
}

function inOrder(names: readonly string[], order: readonly string[]): string[] {
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name)).sort()];
}
