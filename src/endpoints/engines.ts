// kubespray's variables for container engines: which mirror is used for which origin. The variables of each release are those at
// its tag in roles/container-engine/*/{defaults,tasks,templates} and roles/kubespray-defaults (kubernetes-sigs/kubespray):
// containerd_registries (2.22) became containerd_registries_mirrors (2.23) with override_path (2.24), server (2.25), ca (2.28)
// and header (2.29); containerd_use_config_path was removed in 2.27.
import { since } from "../core/version.ts";
import { type Endpoints, prefixFor, registryUrl } from "./endpoints.ts";

/** What a variable of kubespray may hold. */
export type VariableValue = string | boolean | readonly VariableValue[] | { readonly [name: string]: VariableValue };
/** Variables by their names. */
export type Variables = Readonly<Record<string, VariableValue>>;

/** The variables for names and passwords, which the user puts into a vault. */
export const vaultReferences = {
  registry: { username: "{{ vault_registry_username }}", password: "{{ vault_registry_password }}" },
  files: { username: "{{ vault_files_username }}", password: "{{ vault_files_password }}" },
} as const;

/** The variables for containerd, which asks mirrors for images under their origins' names, as in charts and manifests. */
export function containerdVariables(kubespray: string, endpoints: Endpoints, origins: readonly string[]): Variables {
  return since(kubespray, "2.23.0")
    ? { ...mirrors(kubespray, endpoints, origins), ...registryAuth(kubespray, endpoints) }
    : { ...registries(endpoints, origins), ...registryAuth(kubespray, endpoints) };
}

/** Up to kubespray 2.22: a list of endpoints for each origin. */
function registries(endpoints: Endpoints, origins: readonly string[]): Variables {
  const url = registryUrl(endpoints.registry);
  const unchecked = endpoints.insecure || endpoints.registry.scheme === "http";
  return {
    containerd_registries: Object.fromEntries(origins.map((origin) => [origin, [mirrorUrl(endpoints, origin)]])),
    // Without this nerdctl does not use http, and containerd verifies certificates.
    ...(unchecked && { containerd_insecure_registries: { [endpoints.registry.host]: url } }),
  };
}

function mirrors(kubespray: string, endpoints: Endpoints, origins: readonly string[]): Variables {
  const url = registryUrl(endpoints.registry);
  const entry = (prefix: string, host: string): VariableValue => ({
    prefix,
    // Without it containerd requests from the origin what the mirror lacks.
    ...(since(kubespray, "2.25.0") && { server: url }),
    mirrors: [
      {
        host,
        capabilities: ["pull", "resolve"],
        ...(host !== url && since(kubespray, "2.24.0") && { override_path: true }),
        ...(endpoints.insecure && { skip_verify: true }),
        ...(endpoints.ca && since(kubespray, "2.28.0") && { ca: [endpoints.ca.path] }),
        ...(endpoints.credentials.includes("registry") &&
          since(kubespray, "2.29.0") && { header: { Authorization: basicHeader } }),
      },
    ],
  });
  return {
    // hosts.toml, not endpoints in containerd's own configuration: those always end at the origin.
    ...(since(kubespray, "2.24.0") && !since(kubespray, "2.27.0") && { containerd_use_config_path: true }),
    containerd_registries_mirrors: [
      entry(endpoints.registry.host, url),
      ...origins
        .filter((origin) => origin !== endpoints.registry.host)
        .map((origin) => entry(origin, mirrorUrl(endpoints, origin))),
    ],
  };
}

const basicHeader = "Basic {{ (vault_registry_username ~ ':' ~ vault_registry_password) | b64encode }}";

/** containerd 2, which kubespray installs from 2.28 on, takes credentials from hosts.toml alone. */
function registryAuth(kubespray: string, { registry, credentials }: Endpoints): Variables {
  if (!credentials.includes("registry") || since(kubespray, "2.28.0")) return {};
  return { containerd_registry_auth: [{ registry: registry.host, ...vaultReferences.registry }] };
}

/** The URL at which containerd requests images of an origin: the registry's root, or a path for the origin. */
export function mirrorUrl(endpoints: Endpoints, origin: string): string {
  const path = prefixFor(endpoints, origin);
  return registryUrl(endpoints.registry) + (path === "" ? "" : `/v2/${path}`);
}

/** The variables for CRI-O, which rewrites names: no request goes to an origin. */
export function crioVariables(endpoints: Endpoints, origins: readonly string[]): Variables {
  const { host, scheme } = endpoints.registry;
  const insecure = endpoints.insecure || scheme === "http";
  const entry = (prefix: string, location: string): VariableValue => ({
    prefix,
    location,
    ...(insecure && { insecure }),
  });
  return {
    crio_registries: [
      entry(host, host),
      ...origins.filter((origin) => origin !== host).map((origin) => entry(origin, mirrorLocation(endpoints, origin))),
    ],
    ...(endpoints.credentials.includes("registry") && {
      crio_registry_auth: [{ registry: host, ...vaultReferences.registry }],
    }),
  };
}

/** The location by which CRI-O and Podman replace an origin: `10.0.0.5:5000/quay.io`. */
export function mirrorLocation(endpoints: Endpoints, origin: string): string {
  return [endpoints.registry.host, prefixFor(endpoints, origin)].filter(Boolean).join("/");
}

/** The variables for Docker, which has mirrors for docker.io alone. */
export function dockerVariables(endpoints: Endpoints): Variables {
  const { host, scheme, prefix } = endpoints.registry;
  return {
    ...((endpoints.insecure || scheme === "http") && { docker_insecure_registries: [host] }),
    ...(prefix === "" && { docker_registry_mirrors: [registryUrl(endpoints.registry)] }),
  };
}
