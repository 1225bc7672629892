// Which variables of a release name an origin: those whose value begins with its host. All other URLs and image names are made from
// these, so pointing these at the endpoints points everything there.
import type { VariableSource } from "../ansible/variables.ts";
import type { Checkout } from "./checkout.ts";

/** `https://github.com`, `https://dl.k8s.io/release/…`, a fork's `http://10.0.0.5:8080/dl`; never an expression first. */
const urlAtHost = /^https?:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d+)?(?:\/|$)/i;
/** `registry.k8s.io`, `mcr.microsoft.com/k8s/csi`, a fork's `harbor:5000/kube`. */
const imageAtHost = /^[a-z0-9-]+(?:(?:\.[a-z0-9-]+)+(?::\d+)?|:\d+)(?:\/|$)/i;

/** Up to 2.28.0 the role of Argo CD has its URL; before 2.23 it stands in a task, and no variable leads elsewhere. */
const urlRoles = ["kubernetes-apps/argocd"];

/** The origins of a checkout: variable → its value as it is written, with its Jinja expressions; sorted by name. */
export function checkoutOrigins({ defaults, vars, otherRoles }: Checkout): Record<string, string> {
  const roles = otherRoles();
  return releaseOrigins([...urlRoles.flatMap((role) => roles.get(role) ?? []), ...defaults, ...vars].flatMap(textsOf));
}

/** Those of a release's variables that are origins; sorted by name. A later one of a name wins. */
export function releaseOrigins(variables: Iterable<readonly [name: string, text: string]>): Record<string, string> {
  const origins = [...new Map(variables)].filter(([name, text]) => isOrigin(name, text));
  return Object.fromEntries(origins.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isOrigin(name: string, text: string): boolean {
  if (name.endsWith("_url")) return urlAtHost.test(text);
  return name.endsWith("_image_repo") && imageAtHost.test(text);
}

/** Every variable that is text, as it is written. */
function textsOf(source: VariableSource): (readonly [name: string, text: string])[] {
  return [...source].flatMap(([name, { value }]) => (typeof value === "string" ? [[name, value] as const] : []));
}
