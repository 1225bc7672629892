/** True for an http or https URL of a file that every tool writes alike: with a host and a path, without user, query and fragment. */
export function isFileUrl(url: string): boolean {
  // What the parser would rewrite (climbing paths, odd hosts) has no name that every tool agrees on.
  return URL.canParse(url) && new URL(url).href === url && /^https?:\/\/[^/@]+\/[^?#]*[^/?#]$/.test(url);
}
