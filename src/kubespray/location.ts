// Where hosts fetch from, and the origin of what they fetch. An inventory that is ready for the isolated side points at a mirror;
// a bundle must hold what the mirror mirrors. An address of the inventory is a mirror's where it ends as the origin's does, or where
// it lies at the site itself and the release decides the bytes; anything else is a choice of what to run, and stays.
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Undefined } from "../ansible/jinja/values.ts";
import type { VariableSource } from "../ansible/variables.ts";
import type { Checkout } from "./checkout.ts";
import type { DownloadItem } from "./items.ts";
import { hostOf, isPrivateHost, pathOf, withoutUser } from "./site-address.ts";

/** Variables that say where something lies: kubespray's own, and those of its sample offline.yml. */
const locationVariable = /(?:_url|_image_repo|_files_repo)$|^(?:files_repo|registry_host)$/;
/** Variables that say which bytes a version is. */
const contentVariable = /_checksums?$|_image_tag$/;
/** Variables of kubespray's sample offline.yml that all others there are built on; no role has them. */
export const siteVariables = ["files_repo", "registry_host"] as const;

/** Whose an address is: the release's, that of a mirror of it, or one of the inventory's own choice. */
export type Place = "origin" | "mirror" | "own";

/** An item as it is planned, and whose the address is that hosts request. */
export interface PlacedItem {
  readonly item: DownloadItem;
  readonly place: Place;
}

/** A source without an inventory's choices of location and of bytes, as far as the checkout has choices of its own. */
export function withoutLocations(source: VariableSource, checkout: Checkout): VariableSource {
  const names = chosenVariables(checkout);
  return [...source.keys()].some((name) => names.has(name))
    ? new Map([...source].filter(([name]) => !names.has(name)))
    : source;
}

/** Whether a source says where something lies. */
export function choosesLocations(source: VariableSource, checkout: Checkout): boolean {
  const names = chosenVariables(checkout);
  return [...source.keys()].some((name) => names.has(name) && locationVariable.test(name));
}

const chosenByCheckout = new WeakMap<Checkout, ReadonlySet<string>>();

function chosenVariables(checkout: Checkout): ReadonlySet<string> {
  const known = chosenByCheckout.get(checkout);
  if (known) return known;
  const names = checkout.defaults.flatMap((source) => [...source.keys()]);
  const chosen = new Set(names.filter((name) => locationVariable.test(name) || contentVariable.test(name)));
  chosenByCheckout.set(checkout, chosen);
  return chosen;
}

/** What origins are found in. */
export interface OriginContext {
  readonly checkout: Checkout;
  /** What roles fetch besides the download role, without the inventory's choices of location. */
  readonly fetched: () => readonly { readonly role: string; readonly item: DownloadItem }[];
}

/** The origins of a host's items, and the hosts at which the site has mirrors of them. */
export class Origins {
  readonly #items: ReadonlyMap<string, DownloadItem>;
  readonly #fetched: OriginContext["fetched"];
  readonly #mirrorHosts: ReadonlySet<string | undefined>;
  #byRole: ReadonlyMap<string, DownloadItem> | undefined;

  /** `items` are evaluated without the inventory's choices of location; `templar` sees these choices. */
  constructor(items: readonly DownloadItem[], templar: Templar, { checkout, fetched }: OriginContext) {
    this.#items = new Map(items.map((item) => [item.name, item]));
    this.#fetched = fetched;
    const bases = baseVariables(checkout);
    const originHosts = new Set([
      ...items.flatMap(({ url, repo }) => [hostOf(url), hostOf(repo)]),
      ...[...bases.values()].map(hostOf),
    ]);
    const hosts = [...siteVariables, ...bases.keys()].map((name) => hostOf(variableText(name, templar)));
    this.#mirrorHosts = new Set(hosts.filter((host) => host !== undefined && !originHosts.has(host)));
  }

  /**
   * The item with the addresses of its origin, where the inventory's are those of a mirror of it. `role` is the one that fetches it
   * besides the download role, which may take the file of what is an image there.
   */
  place(item: DownloadItem, role?: string): PlacedItem {
    const origin = (role === undefined ? undefined : this.#fetchedBy(role, item)) ?? this.#items.get(item.name);
    if (!origin) return { item, place: "origin" };
    const url = this.#placeOf(item.url, origin.url, () => hasReleaseBytes(item, origin));
    const repo = this.#placeOf(item.repo, origin.repo, () => isSameImage(item, origin));
    return {
      item: {
        ...item,
        url: url === "mirror" ? origin.url : item.url && withoutUser(item.url),
        repo: repo === "mirror" ? origin.repo : item.repo,
      },
      place: item.kind === "image" ? repo : url,
    };
  }

  #fetchedBy(role: string, { kind, name }: DownloadItem): DownloadItem | undefined {
    this.#byRole ??= new Map(
      this.#fetched().map((fetched) => [`${fetched.role} ${fetched.item.kind} ${fetched.item.name}`, fetched.item]),
    );
    return this.#byRole.get(`${role} ${kind} ${name}`);
  }

  #placeOf(address: string | undefined, origin: string | undefined, isSame: () => boolean): Place {
    if (address === undefined || origin === undefined || address === origin) return "origin";
    if (isMirrorOf(address, origin)) return "mirror";
    return this.#isAtSite(address) && isSame() ? "mirror" : "own";
  }

  #isAtSite(address: string): boolean {
    const host = hostOf(address);
    return host !== undefined && (isPrivateHost(host) || this.#mirrorHosts.has(host));
  }
}

/** `https://dl.k8s.io/release/…` behind `http://mirror/k8s/dl.k8s.io/release/…`: the same path at its end. */
export function isMirrorOf(address: string, origin: string): boolean {
  if (/^https?:/.test(origin) && !/^https?:\/\/[^/]/.test(address)) return false;
  const path = pathOf(origin);
  return path.length > 1 && address.endsWith(path);
}

/** `--mirror quay.io=https://quay.m.daocloud.io`: how a public mirror that hosts ask is asked for a download in place of its origin. */
export function mirrorFlag(item: DownloadItem, requested: Pick<DownloadItem, "url" | "repo">): string | undefined {
  const [origin, address] = item.kind === "image" ? [item.repo, requested.repo] : [item.url, requested.url];
  const [host, mirrorHost] = [hostOf(origin), hostOf(address)];
  if (origin === undefined || address === undefined || host === undefined || mirrorHost === undefined) return undefined;
  if (isPrivateHost(mirrorHost) || !isMirrorOf(address, origin)) return undefined;
  const base = withoutUser(address).slice(0, -pathOf(origin).length);
  return `--mirror ${host}=${/^https?:/.test(base) ? base : `https://${base}`}`;
}

/** Whether the release publishes the digest that the hosts will check. */
function hasReleaseBytes(item: DownloadItem, origin: DownloadItem): boolean {
  return item.digest !== undefined && item.digest === origin.digest;
}

/** `calico-node`, `mirror/node` and `nginx` for `calico/node` and `library/nginx`; another name at its end is another image. */
function isSameImage({ repo, tag }: DownloadItem, origin: DownloadItem): boolean {
  const path = pathOf(repo ?? "").slice(1);
  const originPath = pathOf(origin.repo ?? "").slice(1);
  const last = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
  if (last(path) === originPath.replaceAll("/", "-")) return true;
  return tag === origin.tag && last(path) === last(originPath);
}

/** The variables that a checkout's other locations are built on, and their values: `github_url`, `quay_image_repo`. */
function baseVariables({ defaults }: Checkout): ReadonlyMap<string, string> {
  const texts = defaults.flatMap((source) => [...source].map(([name, { value }]) => [name, value] as const));
  return new Map(
    texts.flatMap(([name, value]) =>
      locationVariable.test(name) && typeof value === "string" && !value.includes("{") ? [[name, value]] : [],
    ),
  );
}

/** The text of a variable; undefined where nothing sets it, or it cannot be evaluated. */
export function variableText(name: string, templar: Templar): string | undefined {
  const value = attempt(() => templar.variable(name));
  return value === undefined || value === null || value instanceof Undefined ? undefined : attempt(() => str(value));
}
