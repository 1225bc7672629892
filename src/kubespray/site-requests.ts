// What hosts ask their site for, and whether a server of kso's has it under that name.
import { type ItemDownload, isRequired } from "./item-download.ts";
import { siteVariables, variableText } from "./location.ts";
import { hostOf, isPrivateHost, pathOf, withoutUser } from "./site-address.ts";

/** One thing that hosts ask for: its name in a bundle, and the name that they use. */
interface SiteRequest {
  readonly kind: "file" | "image";
  readonly item: string;
  readonly inside: string;
  readonly requested: string;
}

/** What hosts ask their site for under other names than a server of kso's has: `kubelet (http://10.1.2.3/kubelet)`. */
export function otherNames(downloads: readonly ItemDownload[]): string[] {
  const others = downloads.filter(isRequired).flatMap((download) => {
    const request = siteRequestOf(download);
    if (!request || !isSiteHost(download, hostOf(request.requested))) return [];
    const { kind, item, inside, requested } = request;
    const path = kind === "file" ? inside : pathOf(inside).slice(1);
    return pathOf(requested).endsWith(`/${path}`) ? [] : [`${item} (${requested})`];
  });
  return [...new Set(others)];
}

/** The hosts, none of them the site's, that files are asked of; sorted. */
export function outsideHosts(downloads: readonly ItemDownload[]): string[] {
  const hosts = downloads.filter(isRequired).flatMap((download) => {
    const request = siteRequestOf(download);
    const host = request?.kind === "file" ? hostOf(request.requested) : undefined;
    return host === undefined || isSiteHost(download, host) ? [] : [host];
  });
  return [...new Set(hosts)].sort();
}

/** The request of a download; none where it has no address. */
export function siteRequestOf({ item, requested }: ItemDownload): SiteRequest | undefined {
  const { name, kind, tag } = item;
  if (kind === "image" && item.repo !== undefined && requested.repo !== undefined && tag !== undefined)
    return { kind, item: name, inside: `${item.repo}:${tagOf(tag)}`, requested: `${requested.repo}:${tagOf(tag)}` };
  if (kind !== "file" || item.url === undefined || requested.url === undefined) return undefined;
  return { kind, item: name, inside: item.url.replace(/^https?:\/\//, ""), requested: withoutUser(requested.url) };
}

/** A tag that pins a digest too is served under the tag. */
function tagOf(tag: string): string {
  return tag.replace(/@.*$/, "");
}

/** Whether hosts take a download from their own site, if they ask that host. */
export function isSiteHost({ templar }: ItemDownload, host: string | undefined): boolean {
  if (host === undefined) return false;
  const own = siteVariables.map((name) => hostOf(variableText(name, templar)));
  return isPrivateHost(host) || own.includes(host);
}
