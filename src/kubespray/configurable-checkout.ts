// How a checkout is configured: by its own variables, also where kso has never seen it.
import type { Catalog } from "../catalog/catalog.ts";
import { spelledRelease } from "../catalog/configurable-release.ts";
import type { ConfigurableRelease } from "../core/manifest.ts";
import { allRolesTemplar, anyHost } from "./any-host.ts";
import { openCheckout } from "./checkout.ts";
import { checkoutOrigins } from "./origins.ts";
import { releaseOf } from "./release.ts";

/**
 * The release that a checkout is, with its own origins.
 * @throws KsoError `usage` when there is no checkout, `unresolvable` for one that cannot be read.
 */
export function configurableCheckout(kubesprayDir: string, catalog: Catalog): ConfigurableRelease {
  const checkout = openCheckout(kubesprayDir);
  const templar = allRolesTemplar(checkout, { ...anyHost(), machine: "x86_64" });
  const { name, version } = releaseOf(checkout, templar, catalog);
  return spelledRelease(catalog, { name, version, origins: checkoutOrigins(checkout) });
}
