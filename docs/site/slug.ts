// What a link to a heading says behind `#`.

/** As code hosts make it of the heading's words, so that one link works there and on the site. */
export function slug(words: string): string {
  return words
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}
