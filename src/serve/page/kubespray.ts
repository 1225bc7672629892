// A cluster's own variables, as the page shows them.
import type { Lock } from "../../core/lock.ts";
import type { ConfigurableRelease } from "../../core/manifest.ts";
import type { Endpoints } from "../../endpoints/endpoints.ts";
import { offlineFile } from "../../endpoints/kubespray.ts";
import type { Addresses } from "./addresses.ts";

/** The release, and the server that the variables point to. */
export interface ClusterVariablesOptions {
  readonly lock: Lock;
  readonly lockDigest: string;
  readonly release: ConfigurableRelease;
  readonly addresses: Addresses;
  /** The certificate of the CA that clients must trust, PEM, where kso made it. */
  readonly ca: string | undefined;
  /** Clients must give a password. */
  readonly requiresPassword: boolean;
}

/** The file of one release. */
export interface ClusterVariables {
  /** `kubespray-2.31.0`. */
  readonly release: string;
  readonly text: string;
}

/** What `kso config kubespray` writes for these addresses; undefined without a registry. */
export function clusterVariables(options: ClusterVariablesOptions): ClusterVariables | undefined {
  const { lock, lockDigest, release, addresses, ca, requiresPassword } = options;
  const { files, registry, secure } = addresses;
  if (registry === undefined) return undefined;
  const endpoints: Endpoints & { readonly files: string } = {
    files: `${files}/k8s`,
    registry: { scheme: secure ? "https" : "http", host: registry, prefix: "" },
    naming: "keep-host",
    ...(ca !== undefined && { ca: { pem: ca, path: "/etc/ssl/certs/kso-ca.pem" } }),
    insecure: false,
    credentials: requiresPassword ? ["files", "registry"] : [],
  };
  return { release: lock.release.name, text: offlineFile(release, { lock, lockDigest }, endpoints) };
}
