/** A text without this character at its end. Read from there: an expression would begin at each run of them. */
export function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === character) end--;
  return text.slice(0, end);
}

/** A text without this character at either end. */
export function withoutEnds(text: string, character: string): string {
  let start = 0;
  while (text.charAt(start) === character) start++;
  return withoutTrailing(text.slice(start), character);
}

/** True for an http or https URL of a file that every tool writes alike: with a host and a path, without user, query and fragment. */
export function isFileUrl(url: string): boolean {
  // What the parser would rewrite (climbing paths, odd hosts) has no name that every tool agrees on.
  return URL.canParse(url) && new URL(url).href === url && /^https?:\/\/[^/@]+\/[^?#]*[^/?#]$/.test(url);
}
