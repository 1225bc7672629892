// The names under which hosts ask their site for what a bundle has: an inventory may have been written for another layout than kso's.

import type { Catalog } from "../catalog/catalog.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import type { SiteLayout } from "../core/site-layout.ts";
import { withoutTrailing } from "../core/url.ts";
import { type CoverageOptions, clusterOf } from "./cluster-coverage.ts";
import { type ItemDownload, isRequired } from "./item-download.ts";
import { variableText } from "./location.ts";
import { hostOf, pathOf, withoutUser } from "./site-address.ts";
import { isSiteHost, siteRequestOf } from "./site-requests.ts";

/** The site's own servers, as far as a command names them. */
export interface SiteServers {
  /** The URL of the file server. */
  readonly files?: string | undefined;
  /** The host of the registry. */
  readonly registry?: string | undefined;
}

/** A layout, and what hosts ask elsewhere for: `runc (https://github.com/…)`. */
export interface ClusterLayout extends SiteLayout {
  readonly elsewhere: readonly string[];
}

/**
 * The layout that an inventory asks its site for.
 * @throws KsoError `usage` where there is no checkout or inventory, `unresolvable` where there is no such plan.
 */
export function clusterLayout(
  catalog: Catalog,
  lock: Lock,
  options: CoverageOptions,
  servers: SiteServers,
): ClusterLayout {
  const { required } = clusterOf(catalog, lock, options);
  if (!required) throw new KsoError("usage", "The layout of an inventory wants one: --inventory PATH");
  const files = new Map<string, Set<string>>();
  const images = new Map<string, Set<string>>();
  const elsewhere = new Set<string>();
  for (const download of required.downloads.filter(isRequired)) {
    const request = siteRequestOf(download);
    if (!request) continue;
    const { kind, item, inside, requested } = request;
    const name = kind === "file" ? fileName(download, requested, servers) : imageName(download, requested, servers);
    if (name === undefined) elsewhere.add(`${item} (${requested})`);
    else {
      const names = kind === "file" ? files : images;
      names.set(inside, (names.get(inside) ?? new Set()).add(name));
    }
  }
  return { files, images, elsewhere: [...elsewhere] };
}

/** The path of a file below the file server: what is behind its address, behind files_repo, or else behind the host. */
function fileName(download: ItemDownload, url: string, { files }: SiteServers): string | undefined {
  const path = pathBelow(files, url) ?? pathAtSite(download, url, hostOf(files));
  return path !== undefined && isPlainPath(path) ? path : undefined;
}

/** What stands behind files_repo, or behind the host, where that is another name of the server. */
function pathAtSite(download: ItemDownload, url: string, server: string | undefined): string | undefined {
  const host = hostOf(url);
  if (host === server || !isSiteHost(download, host)) return undefined;
  return pathBelow(variableText("files_repo", download.templar), url) ?? pathOf(url).slice(1);
}

function pathBelow(address: string | undefined, url: string): string | undefined {
  const base = `${withoutTrailing(withoutUser(address ?? ""), "/")}/`;
  return base !== "/" && url.startsWith(base) ? url.slice(base.length) : undefined;
}

/** The name of an image at the registry: what is behind the host. */
function imageName(download: ItemDownload, image: string, { registry }: SiteServers): string | undefined {
  const host = hostOf(image);
  const isAtSite = host !== undefined && (host === registry?.toLowerCase() || isSiteHost(download, host));
  return isAtSite ? pathOf(image).slice(1) : undefined;
}

/** A path that a web server reads as it stands. */
function isPlainPath(path: string): boolean {
  return !/[\s?#\\]/.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
