// The page of `kso serve`, handed what it shows: the shelf, the addresses of this very server, and a cluster's own variables for them.
import { createHash } from "node:crypto";
import { plugins } from "../../plugins/index.ts";
import { metadataLimit } from "../bundle/lock.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { openCatalog } from "../catalog/open.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { MissingList } from "../core/extra-artifacts.ts";
import type { Endpoints } from "../endpoints/endpoints.ts";
import { offlineVariables, renderVariables } from "../endpoints/kubespray.ts";
import { readWhole } from "../files/extents.ts";
import type { Listener } from "../runtime/listen.ts";
import type { ContentIndex } from "../serve/content/content-index.ts";
import type { Client } from "../serve/handler.ts";
import type { Addresses } from "../serve/page/addresses.ts";
import { pageModel } from "../serve/page/model.ts";
import { type PageRoutes, pageRoutes } from "../serve/page/routes.ts";
import type { Tls } from "./tls.ts";
import { version } from "./version.ts";

/** One listener may be both. */
export interface Listeners {
  readonly files: Listener | undefined;
  readonly registry: Listener | undefined;
}

/** `secret`: clients are asked for a password. */
export function pagesOf(
  shelf: ContentIndex,
  tls: Tls | undefined,
  secret: boolean,
  wishes: () => MissingList,
  listeners: () => Listeners,
): PageRoutes {
  const read = (blob: Descriptor): Uint8Array | undefined => {
    const extents = shelf.locate(blob.digest);
    if (!extents) return undefined;
    const bytes = readWhole(extents, metadataLimit);
    return `sha256:${createHash("sha256").update(bytes).digest("hex")}` === blob.digest ? bytes : undefined;
  };
  let catalog: Catalog | undefined;
  const variables = (addresses: Addresses): string | undefined => {
    catalog ??= openCatalog(plugins, new Map(), undefined);
    return variablesOf(catalog, shelf, addresses, tls, secret);
  };
  return pageRoutes({
    model: () => pageModel(shelf.locks, read),
    lockDigests: shelf.bundles.flatMap(({ archives }) => archives.toReversed().map(({ lockDigest }) => lockDigest)),
    disk: shelf.bundles.reduce((sum, { size }) => sum + size, 0),
    missing: wishes,
    portsOf: ({ listener, secure }: Client) => {
      const { files, registry } = listeners();
      const own = listener === "registry" ? registry : files;
      return { registryPort: registry?.port, port: own?.port ?? 0, secure };
    },
    ...(tls?.ca && { ca: tls.ca }),
    secret,
    kubespray: variables,
    version,
  });
}

/** What `kso config kubespray` would write for the newest of the bundles; undefined for a release that kso does not know. */
function variablesOf(
  catalog: Catalog,
  { bundles }: ContentIndex,
  { files, registry, secure }: Addresses,
  tls: Tls | undefined,
  secret: boolean,
): string | undefined {
  const [lock] = bundles.map((bundle) => bundle.lock);
  if (!lock || registry === undefined || !catalog.releases.includes(lock.release.version)) return undefined;
  const site: Endpoints & { readonly files: string } = {
    files: `${files}/k8s`,
    registry: { scheme: secure ? "https" : "http", host: registry, prefix: "" },
    naming: "keep-host",
    ...(tls?.ca && { ca: { pem: tls.ca.certificate, path: "/etc/ssl/certs/kso-ca.pem" } }),
    insecure: false,
    credentials: secret ? ["files", "registry"] : [],
  };
  const head = ["group_vars/all/offline.yml of your inventory"];
  return renderVariables(head, offlineVariables(catalog.release(lock.release.version), lock, site));
}
