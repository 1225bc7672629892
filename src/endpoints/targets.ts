// The targets of a configuration: kubespray, or a container engine on each node.
import type { ChartRepository } from "../charts/repository.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import type { ConfigurableRelease } from "../core/manifest.ts";
import type { NameForm } from "./check-image.ts";
import { type Endpoints, registryHosts } from "./endpoints.ts";
import { configRemarks, offlineFile } from "./kubespray.ts";
import { type ConfigFile, configDirectories, containerdFiles, crioFiles, dockerFiles } from "./mirror-files.ts";

/** A bundle and where it is served. */
export interface TargetOptions {
  readonly lock: Lock;
  readonly lockDigest: string;
  /** The folders with charts. */
  readonly charts: readonly ChartRepository[];
  readonly endpoints: Endpoints;
  /** containerd: request images of every other registry from kso's server too. */
  readonly catchAll: boolean;
}

/** What a target needs beside its options. */
export interface TargetDependencies {
  /** How the release of a lock is configured; undefined where nobody knows. */
  readonly findRelease: (release: Lock["release"]) => Promise<ConfigurableRelease | undefined>;
}

/** The configuration of a target. */
export interface Configuration {
  /** One file, or several in a directory. */
  readonly files: readonly ConfigFile[];
  readonly remarks: readonly string[];
  /** How the cluster will request images. */
  readonly forms: readonly NameForm[];
}

/** A program that can be configured. */
export interface Target {
  /** One file, which may go to stdout; otherwise a directory of files. */
  readonly single: boolean;
  configure(options: TargetOptions, dependencies: TargetDependencies): Promise<Configuration>;
}

/** By the name that `kso config` takes. */
export const targets: Readonly<Record<string, Target>> = {
  kubespray: { single: true, configure: configureKubespray },
  containerd: { single: false, configure: configureContainerd },
  docker: { single: false, configure: configureDocker },
  crio: { single: false, configure: configureCrio },
};

async function configureKubespray(
  { lock, lockDigest, charts, endpoints }: TargetOptions,
  { findRelease }: TargetDependencies,
): Promise<Configuration> {
  const { files } = endpoints;
  if (files === undefined) throw new KsoError("usage", "Name the file server: --files-url http://HOST:8080/k8s");
  const { name } = lock.release;
  const release = await findRelease(lock.release);
  if (!release)
    throw new KsoError(
      "unresolvable",
      `Cannot configure ${name}: neither the bundle nor this kso has its variables; name its checkout with --kubespray-dir, or its manifest with --manifests`,
    );
  const content = offlineFile(release, { lock, lockDigest }, { ...endpoints, files });
  return {
    files: [{ path: "offline.yml", content }],
    remarks: [
      ...(release.name === name ? [] : [`the variables are those of ${release.name}, and the bundle is of ${name}`]),
      ...configRemarks(release, { lock, charts }, endpoints),
    ],
    forms: ["named", "mirrored"],
  };
}

async function configureContainerd({ lock, endpoints, catchAll }: TargetOptions): Promise<Configuration> {
  return {
    files: containerdFiles(endpoints, registryHosts(lock.images), catchAll),
    remarks: [
      `for ${configDirectories.containerd} on each node; containerd reads it where its config_path says so, and at once`,
    ],
    forms: ["mirrored"],
  };
}

async function configureDocker({ lock, endpoints }: TargetOptions): Promise<Configuration> {
  const others = registryHosts(lock.images).filter((host) => host !== "docker.io");
  const { host, prefix } = endpoints.registry;
  return {
    files: dockerFiles(endpoints),
    remarks: [
      `for ${configDirectories.docker} on each node, then restart Docker`,
      prefix === ""
        ? `Docker has mirrors for docker.io alone; ${others.join(", ")} must be written with ${host} in front`
        : `Docker takes no mirror with a path; every image must be written with ${host}/${prefix} in front`,
      ...(prefix === "" && endpoints.naming === "keep-host"
        ? [
            "as a mirror Docker asks for docker.io's names without that host: kso serve answers, other registries need strip-host",
          ]
        : []),
    ],
    forms: ["named"],
  };
}

async function configureCrio({ lock, endpoints }: TargetOptions): Promise<Configuration> {
  return {
    files: crioFiles(endpoints, registryHosts(lock.images)),
    remarks: [
      `for ${configDirectories.crio} on each node; CRI-O (after a reload), Podman, Buildah and skopeo read it`,
      ...(endpoints.credentials.includes("registry")
        ? [`log in with podman login ${endpoints.registry.host}, or give CRI-O an auth file`]
        : []),
    ],
    forms: ["named"],
  };
}
