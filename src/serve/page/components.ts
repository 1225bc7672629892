// What a release consists of: each component as a line that opens to its files and images, and to what is not here.
import type { ComponentShare } from "../../bundle/contents.ts";
import { architectureName } from "../../core/platform.ts";
import { formatSize } from "../../core/size.ts";
import { type Filter, filterRows, isActive } from "./filter.ts";
import { type Html, html } from "./html.ts";
import { itemTable } from "./items.ts";
import { messages } from "./messages.ts";
import type { ItemRow, PageRelease } from "./model.ts";
import type { Visit } from "./visit.ts";

/** More rows than these are not shown at once: a search narrows down. */
const maxRows = 2000;

/** Whether all of a release's rows are on its page, where a script can search them. */
export function isWhole({ rows }: PageRelease): boolean {
  return rows.length <= maxRows;
}

/** A component with its rows on the page. */
interface ComponentLine {
  readonly component: string;
  /** Undefined where nothing of it is here. */
  readonly share: ComponentShare | undefined;
  readonly rows: readonly ItemRow[];
}

/** The components, those without a match hidden. */
export function componentList(release: PageRelease, filter: Filter, visit: Visit): Html {
  const message = messages[visit.language];
  const matches = filterRows(release.rows, filter);
  const shown = matches.slice(0, maxRows);
  // For the script, the other rows are on the page too, and hidden.
  const present = isWhole(release) ? release.rows : shown;
  const hits = new Set(shown);
  const shares = new Map(release.shares.map((share) => [share.component, share]));
  const lines = [...Map.groupBy(present, ({ component }) => component)].map(
    ([component, rows]): ComponentLine => ({ component, share: shares.get(component), rows }),
  );
  const columns = release.platforms.map((platform) => html`<span class="num">${architectureName(platform)}</span>`);
  return html`<p id="nothing"${matches.length > 0 && html` hidden`}>${message.nothing}</p>
<div class="components"${matches.length === 0 && html` hidden`}><div class="line head" aria-hidden="true"><span>${message.component}</span><span>${message.version}</span><span>${message.content}</span>${columns}<span class="num">${message.total}</span></div>
${lines.map((line) => componentDetails(line, { release, hits, isOpen: isActive(filter), visit }))}</div>
${matches.length > shown.length && html`<p class="quiet">${message.more(matches.length - shown.length)}</p>`}`;
}

interface LineOptions {
  readonly release: PageRelease;
  readonly hits: ReadonlySet<ItemRow>;
  readonly isOpen: boolean;
  readonly visit: Visit;
}

function componentDetails(
  { component, share, rows }: ComponentLine,
  { release, hits, isOpen, visit }: LineOptions,
): Html {
  const message = messages[visit.language];
  const isHit = rows.some((row) => hits.has(row));
  const counts = share ? message.counts(share.files, share.images) : "";
  const cells = release.platforms.map((platform) => platformCell(platform, share, rows, visit));
  return html`<details class="component"${isOpen && isHit && html` open`}${!isHit && html` hidden`}><summary><span class="line"><strong>${component}</strong> <span class="ver">${versionsText(share?.versions ?? [])}</span> <span class="counts">${counts}</span> ${cells}<span class="num total">${share ? formatSize(share.bytes) : "–"}</span></span></summary>
${itemTable(component, rows, hits, visit)}</details>
`;
}

/** What a component has for one platform, in bytes, and how much of it is not here. */
function platformCell(
  platform: string,
  share: ComponentShare | undefined,
  rows: readonly ItemRow[],
  visit: Visit,
): Html {
  const message = messages[visit.language];
  const name = architectureName(platform);
  const bytes = share?.platforms[platform] ?? 0;
  const absent = rows.filter(({ absence, architectures }) => absence && architectures.includes(name)).length;
  const warning = absent > 0 && html` <span class="absent">${absent} ${message.unavailable}</span>`;
  return html`<span class="num platform"><span class="of">${name}</span> ${bytes > 0 ? formatSize(bytes) : "–"}${warning}</span> `;
}

/** Versions without a leading v, each once; longer texts are cut. */
function versionsText(versions: readonly string[]): string {
  const bare = versions.map((version) => version.replace(/^v(?=\d)/, ""));
  return [...new Set(bare)].map((version) => (version.length > 24 ? `${version.slice(0, 23)}…` : version)).join(", ");
}
