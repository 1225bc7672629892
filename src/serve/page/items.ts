// The files and images of one component, and what it wants and is not here.
import { formatSize } from "../../core/size.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import type { ItemRow } from "./model.ts";
import { breakable, digestText } from "./names.ts";
import type { Visit } from "./visit.ts";

/** The rows of a component; those without a match are hidden. */
export function itemTable(component: string, rows: readonly ItemRow[], hits: ReadonlySet<ItemRow>, visit: Visit): Html {
  const message = messages[visit.language];
  return html`<table><caption class="hidden">${component}</caption>
<thead><tr><th scope="col">${message.name}</th><th scope="col">${message.architecture}</th><th scope="col" class="num">${message.size}</th></tr></thead>
<tbody>
${rows.map((row) => (row.absence ? absentRow(row, hits, visit) : presentRow(row, hits, visit)))}</tbody></table>
`;
}

function presentRow(row: ItemRow, hits: ReadonlySet<ItemRow>, visit: Visit): Html {
  const message = messages[visit.language];
  const { kind, name, architectures, size, digest, pinned } = row;
  const title =
    kind === "file" && visit.files !== undefined
      ? html`<a href="${visit.files}/k8s/${name}" data-copy="href">${breakable(name)}</a>`
      : html`<span data-copy>${breakable(name)}</span>`;
  const pin = pinned && html` <span title="${message.pinned}">*<span class="hidden"> ${message.pinned}</span></span>`;
  const lacking = html`<span class="absent">${message.noPlatform}</span>`;
  return html`<tr${attributes(row, hits)}><th scope="row" class="name">${title}<span class="under">${message[kind]} ${digestText(digest)}${pin}</span></th>
<td class="arch">${architectures.length > 0 ? architectures.join(", ") : lacking}</td><td class="num">${formatSize(size)}</td></tr>
`;
}

function absentRow(row: ItemRow, hits: ReadonlySet<ItemRow>, visit: Visit): Html {
  const message = messages[visit.language];
  const { kind, name, version, architectures, absence } = row;
  const what = absence?.kind ?? "unavailable";
  const note = what === "unavailable" ? message.unavailableNote : message.unresolvedNote;
  return html`<tr class="lacking"${attributes(row, hits)}><th scope="row" class="name">${breakable(name)} ${version} <span class="absent" title="${note}">${message[what]}</span><span class="under">${message.labelled(message[kind], absence?.reason ?? "")}</span></th>
<td class="arch">${architectures.join(", ")}</td><td class="num">–</td></tr>
`;
}

/** What the script filters by. */
function attributes(row: ItemRow, hits: ReadonlySet<ItemRow>): Html {
  const { text, kind, component, architectures } = row;
  return html` data-text="${text}" data-kind="${kind}" data-component="${component}" data-arch="${architectures.join(" ")}"${row.absence && html` data-absent`}${!hits.has(row) && html` hidden`}`;
}
