// Which variables of a release lead to the world outside: those whose own value begins with the host of an origin. All
// others are made from these, so whoever points these elsewhere has pointed everything elsewhere.
import { bare, since } from "../core/version.ts";
import type { Facts } from "./facts.ts";

/** `https://github.com`, `https://dl.k8s.io/release/…`, `registry.k8s.io`, `mcr.microsoft.com/k8s/csi`; never an expression first. */
const leaves = /^(?:https:\/\/)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:\/|$)/;

/** Variable → its value as the release writes it, Jinja and all; sorted by name. */
export function releaseOrigins(
  facts: Pick<Facts, "tag" | "download_url_templates" | "image_templates">,
): Record<string, string> {
  const urls = Object.entries(facts.download_url_templates).filter(([, value]) => value.startsWith("https://"));
  const repositories = Object.entries(facts.image_templates).filter(([name]) => name.endsWith("_image_repo"));
  const found = [...urls, ...repositories, ...roleOrigins(bare(facts.tag))].flatMap(
    ([name, value]): [string, string][] => (typeof value === "string" && leaves.test(value) ? [[name, value]] : []),
  );
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Variables of roles that facts do not cover. Source: roles/kubernetes-apps/argocd/defaults/main.yml, argocd_install_url, at
 * v2.23.0 to v2.28.0. Before, the URL stands in a task and no variable leads elsewhere; after, it is in download.yml.
 */
function roleOrigins(kubespray: string): [string, string][] {
  if (!since(kubespray, "2.23.0") || since(kubespray, "2.28.1")) return [];
  const v = since(kubespray, "2.28.0") ? "v" : "";
  const url = `https://raw.githubusercontent.com/argoproj/argo-cd/${v}{{ argocd_version }}/manifests/install.yaml`;
  return [["argocd_install_url", url]];
}
