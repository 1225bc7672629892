// Names, digests and addresses on the pages: whole to copy, and broken only where a reader expects it.
import { shortDigest } from "../../core/digest.ts";
import { type Html, html, lines } from "./html.ts";

/** A name that may be broken behind its slashes, and before the other characters that divide it; what is copied is whole. */
export function breakable(name: string): Html {
  const parts = name.split(/(?<=\/)|(?=[:@])|(?<=[-_])(?=[^-_])/);
  return html`${parts.map((part, index) => (index === 0 ? html`${part}` : html`<wbr>${part}`))}`;
}

/** As much of a digest as people compare; copied whole. */
export function digestText(digest: string): Html {
  return html`<code class="digest" title="${digest}" data-copy="${digest}">${shortDigest(digest)}…</code>`;
}

/** Lines to paste. */
export function block(text: string): Html {
  return html`<div class="block"><pre tabindex="0"><code>${lines(text)}</code></pre></div>`;
}
