// Which variables of a release name an origin: those whose value begins with its host. All other URLs and image names are made from
// these, so pointing these at the endpoints points everything there.
import { since } from "../core/version.ts";

/** `https://github.com`, `https://dl.k8s.io/release/…`, `registry.k8s.io`, `mcr.microsoft.com/k8s/csi`; never an expression first. */
const beginsWithHost = /^(?:https:\/\/)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:\/|$)/;

/** The origins of a release: variable → its value as the release writes it, with its Jinja expressions; sorted by name. */
export function releaseOrigins(
  version: string,
  variables: Iterable<readonly [name: string, text: string]>,
): Record<string, string> {
  const origins = [...new Map([...variables, ...roleOrigins(version)])].filter(([name, text]) => isOrigin(name, text));
  return Object.fromEntries(origins.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isOrigin(name: string, text: string): boolean {
  const isPlace = name.endsWith("_url") ? text.startsWith("https://") : name.endsWith("_image_repo");
  return isPlace && beginsWithHost.test(text);
}

/**
 * Variables of roles, which no table of the release has. Source: roles/kubernetes-apps/argocd/defaults/main.yml,
 * argocd_install_url, at v2.23.0 to v2.28.0. Before, the URL stands in a task and no variable leads elsewhere; after, it is in
 * download.yml.
 */
function roleOrigins(kubespray: string): [name: string, text: string][] {
  if (!since(kubespray, "2.23.0") || since(kubespray, "2.28.1")) return [];
  const v = since(kubespray, "2.28.0") ? "v" : "";
  const url = `https://raw.githubusercontent.com/argoproj/argo-cd/${v}{{ argocd_version }}/manifests/install.yaml`;
  return [["argocd_install_url", url]];
}
