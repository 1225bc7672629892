// What `kso config` writes for this server, as the page shows it and hands it out: the same functions make both.
import { plannedRepositories } from "../../charts/repository.ts";
import type { ConfigurableRelease } from "../../core/manifest.ts";
import { type CompleteEndpoints, registryHosts } from "../../endpoints/endpoints.ts";
import { configRemarks, offlineFile } from "../../endpoints/kubespray.ts";
import { type ConfigFile, containerdFiles, crioFiles, dockerFiles } from "../../endpoints/mirror-files.ts";
import { nodeScript } from "../../endpoints/node-script.ts";
import type { Addresses } from "./addresses.ts";
import type { PageRelease } from "./model.ts";

/** How clients reach a server, and what they need for it. */
export interface ServerAccess {
  readonly addresses: Addresses;
  /** The certificate of the CA that clients must trust, PEM, where kso made it. */
  readonly ca: string | undefined;
  /** Clients must give a password. */
  readonly requiresPassword: boolean;
}

/** A cluster's variables. */
export interface ClusterVariables {
  /** `offline.yml`. */
  readonly text: string;
  /** What no variable can say. */
  readonly remarks: readonly string[];
}

/** The files of each container engine, and the script that writes them. */
export interface NodeFiles {
  readonly containerd: readonly ConfigFile[];
  readonly crio: readonly ConfigFile[];
  readonly docker: readonly ConfigFile[];
  readonly script: string;
}

/** What `kso config kubespray` writes for this server; undefined where it has no files or no registry. */
export function clusterVariables(
  { lock, lockDigest }: Pick<PageRelease, "lock" | "lockDigest">,
  release: ConfigurableRelease,
  access: ServerAccess,
): ClusterVariables | undefined {
  const endpoints = endpointsOf(access);
  const { files } = access.addresses;
  if (!endpoints || files === undefined) return undefined;
  const charts = plannedRepositories(lock.files);
  return {
    text: offlineFile(release, { lock, lockDigest }, endpoints),
    remarks: configRemarks(release, { lock, charts }, endpoints),
  };
}

/** What `kso config containerd`, `crio` and `docker` write for this server; undefined without a registry. */
export function nodeFiles(images: readonly { readonly image: string }[], access: ServerAccess): NodeFiles | undefined {
  const endpoints = endpointsOf(access);
  if (!endpoints) return undefined;
  const origins = registryHosts(images);
  return {
    containerd: containerdFiles(endpoints, origins, false),
    crio: crioFiles(endpoints, origins),
    docker: dockerFiles(endpoints),
    script: nodeScript(endpoints, origins),
  };
}

/** The flags with which `kso config` writes the same; each may have a value. */
export function configFlags({ addresses, ca, requiresPassword }: ServerAccess, what: "cluster" | "nodes"): string[] {
  const { files, registry, secure } = addresses;
  return [
    ...(what === "cluster" ? [`--files-url ${files}/k8s`] : []),
    `--registry-host ${secure ? "https" : "http"}://${registry}`,
    ...(ca === undefined ? [] : ["--ca kso-ca.pem"]),
    ...(requiresPassword ? [`--credentials ${what === "cluster" ? "files,registry" : "registry"}`] : []),
  ];
}

function endpointsOf({ addresses, ca, requiresPassword }: ServerAccess): CompleteEndpoints | undefined {
  const { files, registry, secure } = addresses;
  if (registry === undefined) return undefined;
  return {
    files: `${files}/k8s`,
    registry: { scheme: secure ? "https" : "http", host: registry, prefix: "" },
    naming: "strip-host",
    ...(ca !== undefined && { ca: { pem: ca, path: "/etc/ssl/certs/kso-ca.pem" } }),
    insecure: false,
    credentials: requiresPassword ? ["files", "registry"] : [],
  };
}
