// Makes offline.yml: the variables with which a kubespray release finds everything of a bundle at the endpoints, in sections,
// with comments.
import { stringify } from "yaml";
import type { ChartRepository } from "../charts/repository.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import type { ConfigurableRelease } from "../core/manifest.ts";
import { since } from "../core/version.ts";
import { chartAdvice, chartRemarks, chartVariables } from "./charts.ts";
import { type CompleteEndpoints, type Endpoints, fileAt, prefixFor, registryHosts } from "./endpoints.ts";
import { containerdVariables, crioVariables, dockerVariables, type Variables, vaultReferences } from "./engines.ts";

/** Variables that belong together, and the comment lines above them. */
export interface VariableSection {
  readonly about: readonly string[];
  readonly variables: Variables;
}

/**
 * The variables that point a release at the endpoints. Every one is a variable of that release.
 * @throws KsoError `unresolvable` when the release's manifest does not name the variables with URLs and image repositories.
 */
export function offlineVariables(
  release: ConfigurableRelease,
  lock: Lock,
  endpoints: CompleteEndpoints,
): VariableSection[] {
  const { version, origins } = release;
  if (!origins)
    throw new KsoError(
      "unresolvable",
      `Cannot configure ${release.name}: its manifest names no "origins"; import it anew`,
    );
  const repositories = entriesOf(origins, (name) => name.endsWith("_image_repo"));
  const urls = entriesOf(origins, (name) => !name.endsWith("_image_repo"));
  const hosts = registryHosts(lock.images);
  const charts = chartVariables(version, lock);
  return [
    {
      about: ["Where the bundle is served"],
      variables: {
        files_repo: filesUrl(endpoints),
        registry_host: [endpoints.registry.host, endpoints.registry.prefix].filter(Boolean).join("/"),
      },
    },
    {
      about: ["The version that the bundle holds. A kube_version in group_vars/k8s_cluster would win over this one"],
      // From 2.28 on no version has a leading v.
      variables: { kube_version: `${since(version, "2.28.0") ? "" : "v"}${lock.kubernetes}` },
    },
    { about: ["Images"], variables: mapValues(repositories, (value) => repository(endpoints, value)) },
    {
      about: ["Files: expressions of the release's own, so that each node asks for its own architecture"],
      variables: {
        ...mapValues(urls, (value) => fileAt("{{ files_repo }}", value)),
        ...(endpoints.insecure && endpoints.files.startsWith("https:") && { download_validate_certs: false }),
      },
    },
    {
      about: chartAdvice(charts),
      variables: charts,
    },
    {
      about: [
        "containerd: where to ask for names that kubespray does not write, in charts and manifests",
        ...trustAdvice(version, endpoints),
      ],
      variables: containerdVariables(version, endpoints, hosts),
    },
    { about: ["CRI-O, for the same"], variables: crioVariables(endpoints, hosts) },
    {
      about: ["Docker: it has mirrors for docker.io alone, other names must be written with the registry in front"],
      variables: dockerVariables(endpoints),
    },
  ].filter(({ variables }) => Object.keys(variables).length > 0);
}

/** What no variable of the release can configure, for the person who runs kubespray. */
export function configRemarks(
  release: ConfigurableRelease,
  { lock, charts }: { readonly lock: Lock; readonly charts: readonly ChartRepository[] },
  endpoints: Endpoints,
): string[] {
  const { version } = release;
  const { credentials } = endpoints;
  const remarks: string[] = [];
  if (lock.files.some(({ component }) => component === "argocd") && !since(version, "2.23.0"))
    remarks.push(`kubespray ${version} writes Argo CD's URL into a task; no variable points it elsewhere`);
  remarks.push(...chartRemarks(version, lock, charts));
  if (!since(version, "2.25.0"))
    remarks.push(
      `kubespray ${version} has no variable for where a mirror's misses go: containerd asks the origin then`,
    );
  if (credentials.includes("registry") && !since(version, "2.29.0"))
    remarks.push(
      since(version, "2.28.0")
        ? `kubespray ${version} has no variable for containerd's registry credentials; let the nodes pull without, or log in on each`
        : `kubespray ${version} pulls with nerdctl or ctr, which do not read containerd_registry_auth; log in on each node first`,
    );
  if (credentials.includes("files"))
    remarks.push(
      "the name and the password for files stand in a URL that Ansible does not decode: letters, digits and - . _ ~ only",
    );
  if (credentials.length > 0) {
    const names = credentials.map((name) => `vault_${name}_username and vault_${name}_password`).join(", ");
    remarks.push(`put ${names} into a vault: ansible-vault create group_vars/all/vault.yml`);
  }
  return remarks;
}

/** What ends a comment in YAML. */
const lineBreaks = /[\r\n\u0085\u2028\u2029]+/g;

/** The text of `offline.yml`. @throws what {@link offlineVariables} throws. */
export function offlineFile(
  release: ConfigurableRelease,
  { lock, lockDigest }: { readonly lock: Lock; readonly lockDigest: string },
  endpoints: CompleteEndpoints,
): string {
  const heading = [
    `${release.name.replace("-", " ")} with Kubernetes ${lock.kubernetes}, served inside the gap; written by kso for`,
    `the bundle whose lock is ${lockDigest}`,
    "Put it into the inventory as group_vars/all/offline.yml",
  ];
  return renderVariables(heading, offlineVariables(release, lock, endpoints));
}

/** Renders `offline.yml`. @param heading comment lines at its start. */
function renderVariables(heading: readonly string[], sections: readonly VariableSection[]): string {
  const texts = sections.map(({ about, variables }) => {
    const yaml = stringify(variables, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
    return `${about.map((line) => `# ${line}\n`).join("")}${yaml}`;
  });
  return `---\n${heading.map((line) => `# ${line.replace(lineBreaks, " ")}\n`).join("")}\n${texts.join("\n")}`;
}

/** The URL of the file server. Ansible's get_url takes a name and a password from it, and does not decode them. */
function filesUrl({ files, credentials }: CompleteEndpoints): string {
  const { username, password } = vaultReferences.files;
  return credentials.includes("files") ? files.replace("://", `://${username}:${password}@`) : files;
}

/** The value of an image repository variable: `quay.io` → `{{ registry_host }}/quay.io`. */
function repository(endpoints: Endpoints, value: string): string {
  const [origin = "", ...path] = value.split("/");
  const inside = prefixFor({ ...endpoints, registry: { ...endpoints.registry, prefix: "" } }, origin);
  return ["{{ registry_host }}", inside, ...path].filter(Boolean).join("/");
}

/** How the nodes get to trust a private CA. */
function trustAdvice(version: string, { ca, files }: Endpoints): string[] {
  if (!ca) return [];
  const how = `ansible all -b -m copy -a "src=ca.crt dest=${ca.path}"`;
  if (since(version, "2.28.0") && !files?.startsWith("https:"))
    return [`The CA must lie at ${ca.path} on every node: ${how}`];
  const why = since(version, "2.28.0") ? "files are fetched over https too" : "this release has no variable for it";
  return [
    `The CA must be in the trust store of every node (${why}), as update-ca-certificates or update-ca-trust puts it there`,
    ...(since(version, "2.28.0") ? [`and at ${ca.path}: ${how}`] : []),
  ];
}

function entriesOf(origins: Readonly<Record<string, string>>, is: (name: string) => boolean): [string, string][] {
  return Object.entries(origins).filter(([name]) => is(name));
}

function mapValues(entries: readonly [string, string][], map: (value: string) => string): Variables {
  return Object.fromEntries(entries.map(([name, value]) => [name, map(value)]));
}
