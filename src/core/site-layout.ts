// The names under which a site's nodes ask for what a bundle has, where these are not kso's own.

/** What an inventory asks for under names of the site's own. What it does not name keeps the bundle's name. */
export interface SiteLayout {
  /** A file's path in the bundle → its paths below the file server's address. */
  readonly files: ReadonlyMap<string, ReadonlySet<string>>;
  /** An image's full name → its names at the registry: `mirror/calico-node:v3.31.5`. */
  readonly images: ReadonlyMap<string, ReadonlySet<string>>;
}
