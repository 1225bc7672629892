// The files and images of the bundles as a table, and a search over it.

import { shortDigest } from "../../core/digest.ts";
import type { Language } from "../../core/language.ts";
import { formatSize } from "../../core/size.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import { type ItemRow, type PageModel, searchRows } from "./model.ts";

/** More rows than these are not shown at once: a search narrows down. */
const maxRows = 2000;

/** A form for the search, and the rows that it finds. */
export function itemsTable({ rows }: PageModel, language: Language, query: string): Html {
  const message = messages[language];
  const matches = searchRows(rows, query);
  const shown = matches.slice(0, maxRows);
  // A script can only search what is on the page.
  const isLive = rows.length <= maxRows;
  // For the script, the other rows are on the page too, and hidden.
  const present = isLive ? rows : shown;
  const hits = new Set(matches);
  return html`<form class="search" role="search" method="get" action="/#files-and-images"${isLive && html` data-live="${message.shown("{0}", "{1}")}"`}>
<label for="q">${message.searchHint}</label>
<input id="q" name="q" type="search" value="${query}" autocomplete="off" spellcheck="false" maxlength="200">
<button>${message.search}</button>
<a id="clear" href="/#files-and-images"${query === "" && html` hidden`}>${message.clear}</a>
<p role="status">${message.shown(String(matches.length), String(rows.length))}</p>
</form>
<p id="nothing"${matches.length > 0 && html` hidden`}>${message.nothing}</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="items-caption"${matches.length === 0 && html` hidden`}><table id="items">
<caption id="items-caption"><span class="hidden">${message.itemsCaption}</span></caption>
<thead><tr><th scope="col">${message.name}</th><th scope="col" class="wide">${message.kind}</th><th scope="col">${message.architecture}</th><th scope="col" class="num">${message.size}</th><th scope="col" class="wide">${message.digest}</th></tr></thead>
${[...Map.groupBy(present, ({ component }) => component)].map(([component, group]) => itemGroup(component, group, language, hits))}</table></div>
${matches.length > shown.length && html`<p class="quiet">${message.more(matches.length - shown.length)}</p>`}`;
}

/** A component's rows, below its name. */
function itemGroup(component: string, rows: readonly ItemRow[], language: Language, hits: ReadonlySet<ItemRow>): Html {
  const isHidden = rows.every((row) => !hits.has(row));
  const versions = versionsText(rows.map(({ version }) => version));
  return html`<tbody${isHidden && html` hidden`}><tr class="group"><th scope="rowgroup" colspan="5">${component}<span>${versions}</span></th></tr>
${rows.map((row) => itemRow(row, language, !hits.has(row)))}</tbody>
`;
}

function itemRow(row: ItemRow, language: Language, hidden: boolean): Html {
  const message = messages[language];
  const name = row.kind === "file" ? html`<a href="/k8s/${row.name}">${row.name}</a>` : html`${row.name}`;
  const pinned =
    row.pinned &&
    html` <span class="badge" title="${message.pinned}">*<span class="hidden"> ${message.pinned}</span></span>`;
  return html`<tr data-text="${row.text}"${hidden && html` hidden`}><th scope="row" class="name">${name}</th>
<td class="kind wide">${row.kind === "file" ? message.file : message.image}</td><td class="arch">${row.architectures.join(", ") || html`<span class="badge warn">${message.noPlatform}</span>`}</td>
<td class="num">${formatSize(row.size)}</td><td class="digest wide"><code title="${row.digest}">${shortDigest(row.digest)}</code>${pinned}</td></tr>
`;
}

/** Versions without a leading v, each once; longer texts are cut. */
export function versionsText(versions: readonly string[]): string {
  const bare = versions.map((version) => version.replace(/^v(?=\d)/, ""));
  return [...new Set(bare)].map((version) => (version.length > 24 ? `${version.slice(0, 23)}…` : version)).join(", ");
}
