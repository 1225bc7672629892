// `/`: what is inside, a search over it, and lines to paste.
import type { ComponentShare } from "../../bundle/contents.ts";
import { size } from "../../core/size.ts";
import type { Addresses } from "./addresses.ts";
import { type Html, html } from "./html.ts";
import { type Language, messages } from "./messages.ts";
import { archOf, type ItemRow, type PageModel, searchRows } from "./model.ts";
import { type CertificateAuthority, type Snippet, snippets } from "./snippets.ts";

export interface HomeOptions {
  readonly model: PageModel;
  /** Digest of each lock's bytes, in the order of the model's locks. */
  readonly lockDigests: readonly string[];
  /** Bytes on disk. */
  readonly disk: number;
  readonly language: Language;
  readonly addresses: Addresses;
  readonly query: string;
  readonly ca: CertificateAuthority | undefined;
  /** Clients are asked for a password. */
  readonly secret: boolean;
  /** What a cluster's own variables would be, where that is known. */
  readonly kubespray: string | undefined;
}

/** More rows than these are not shown at once: a search narrows down. */
const most = 2000;

export function homePage(options: HomeOptions): Html {
  const { model, language } = options;
  const w = messages[language];
  const [lock] = model.locks;
  const arches = model.platforms.map(archOf).join(w.and);
  const files = model.rows.filter(({ kind }) => kind === "file").length;
  return html`<h1>${[...new Set(model.locks.map(({ release }) => release.name.replace("-", " ")))].join(" + ")}</h1>
<p class="lede">${w.lede(lock?.kubernetes ?? "", arches, files, model.rows.length - files, size(model.bytes))}</p>
${facts(options)}
<section aria-labelledby="use"><h2 id="use">${w.use}</h2>
<p class="quiet">${w.useNote}</p>
${snippets(options).map(shownSnippet)}
</section>
<section aria-labelledby="components"><h2 id="components">${w.components}</h2>
${componentsTable(model, language)}
${unavailableList(model, language)}
</section>
<section aria-labelledby="files-and-images"><h2 id="files-and-images">${w.items}</h2>
${itemsTable(model, language, options.query)}
</section>`;
}

function facts({ model, lockDigests, disk, language }: HomeOptions): Html {
  const w = messages[language];
  const fact = (name: string, value: string | Html): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const each = (value: (index: number) => string | Html): Html =>
    html`${model.locks.map((_, index) => html`${index > 0 ? html`<br>` : ""}${value(index)}`)}`;
  return html`<dl class="facts" aria-label="${w.facts}">
${fact(w.platforms, model.platforms.join(", "))}
${fact(w.onDisk, size(disk))}
${fact(
  w.commit,
  each((at) => html`<code>${(model.locks[at]?.release.commit ?? "").slice(0, 12) || "–"}</code>`),
)}
${fact(
  w.lock,
  each((at) => html`<code title="${lockDigests[at] ?? ""}">${short(lockDigests[at] ?? "")}</code>`),
)}
${fact(
  w.madeBy,
  each((at) => `kso ${model.locks[at]?.kso}`),
)}
</dl>`;
}

function shownSnippet({ title, open, parts }: Snippet): Html {
  return html`<details name="use"${open ? html` open` : ""}><summary>${title}</summary><div>
${parts.map(({ note, text }) => html`<p>${note}</p>${text !== "" && html`<div class="block"><pre tabindex="0"><code>${text}</code></pre></div>`}`)}
</div></details>
`;
}

function componentsTable(model: PageModel, language: Language): Html {
  const w = messages[language];
  const { platforms, shares } = model;
  const cell = (bytes: number): Html =>
    bytes > 0 ? html`<td class="num">${size(bytes)}</td>` : html`<td class="num none">–</td>`;
  const row = (share: ComponentShare): Html => html`<tr>
<th scope="row"><a href="/?q=${encodeURIComponent(share.component)}#files-and-images" data-query="${share.component}">${share.component}</a></th>
<td class="ver wide">${versionsOf(share.versions)}</td>
<td class="num wide">${share.files || "–"}</td><td class="num wide">${share.images || "–"}</td>
${platforms.map((platform) => cell(share.platforms[platform] ?? 0))}<td class="num">${size(share.bytes)}</td></tr>
`;
  const sums = platforms.map((platform) => shares.reduce((all, one) => all + (one.platforms[platform] ?? 0), 0));
  const total = (kind: "files" | "images"): number => shares.reduce((all, one) => all + one[kind], 0);
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="components-caption"><table>
<caption id="components-caption">${w.componentsCaption}</caption>
<thead><tr><th scope="col">${w.component}</th><th scope="col" class="wide">${w.version}</th>
<th scope="col" class="num wide">${w.filesColumn}</th><th scope="col" class="num wide">${w.imagesColumn}</th>
${platforms.map((platform) => html`<th scope="col" class="num">${archOf(platform)}</th>`)}<th scope="col" class="num">${w.total}</th></tr></thead>
<tbody>
${shares.map(row)}</tbody>
<tfoot><tr><th scope="row">${w.all}</th><td class="wide"></td><td class="num wide">${total("files")}</td><td class="num wide">${total("images")}</td>
${sums.map(cell)}<td class="num">${size(model.bytes)}</td></tr></tfoot>
</table></div>`;
}

function unavailableList({ unavailable }: PageModel, language: Language): Html {
  const w = messages[language];
  if (unavailable.length === 0) return html``;
  const one = ({ component, name, version, platform, reason }: PageModel["unavailable"][number]): Html =>
    html`<li><strong>${component}</strong> ${name} ${version} <span class="arch">${archOf(platform)}</span>: ${reason}</li>`;
  return html`<details><summary>${w.unavailable} <span class="badge">${unavailable.length}</span></summary><div><p class="quiet">${w.unavailableNote}</p>
<ul class="unavailable">${unavailable.map(one)}</ul></div></details>`;
}

function itemsTable({ rows }: PageModel, language: Language, query: string): Html {
  const w = messages[language];
  const found = searchRows(rows, query);
  const shown = found.slice(0, most);
  // A script can only look through what is on the page.
  const live = rows.length <= most;
  // With a script the other rows are there too, and hidden.
  const all = live ? rows : shown;
  const hits = new Set(found);
  return html`<form class="search" role="search" method="get" action="/#files-and-images"${live && html` data-live="${w.shown("{0}", "{1}")}"`}>
<label for="q">${w.searchHint}</label>
<input id="q" name="q" type="search" value="${query}" autocomplete="off" spellcheck="false" maxlength="200">
<button>${w.search}</button>
<a id="clear" href="/#files-and-images"${query === "" && html` hidden`}>${w.clear}</a>
<p role="status">${w.shown(String(found.length), String(rows.length))}</p>
</form>
<p id="nothing"${found.length > 0 && html` hidden`}>${w.nothing}</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="items-caption"${found.length === 0 && html` hidden`}><table id="items">
<caption id="items-caption"><span class="hidden">${w.itemsCaption}</span></caption>
<thead><tr><th scope="col">${w.name}</th><th scope="col" class="wide">${w.kind}</th><th scope="col">${w.architecture}</th><th scope="col" class="num">${w.size}</th><th scope="col" class="wide">${w.digest}</th></tr></thead>
${[...Map.groupBy(all, ({ component }) => component)].map(([component, group]) => itemGroup(component, group, language, hits))}</table></div>
${found.length > shown.length && html`<p class="quiet">${w.more(found.length - shown.length)}</p>`}`;
}

/** A component's rows, below its name. */
function itemGroup(component: string, rows: readonly ItemRow[], language: Language, hits: ReadonlySet<ItemRow>): Html {
  const none = rows.every((row) => !hits.has(row));
  const versions = versionsOf(rows.map(({ version }) => version));
  return html`<tbody${none && html` hidden`}><tr class="group"><th scope="rowgroup" colspan="5">${component}<span>${versions}</span></th></tr>
${rows.map((row) => itemRow(row, language, !hits.has(row)))}</tbody>
`;
}

function itemRow(row: ItemRow, language: Language, hidden: boolean): Html {
  const w = messages[language];
  const name = row.kind === "file" ? html`<a href="/k8s/${row.name}">${row.name}</a>` : html`${row.name}`;
  const pinned =
    row.pinned && html` <span class="badge" title="${w.pinned}">*<span class="hidden"> ${w.pinned}</span></span>`;
  return html`<tr data-text="${row.text}"${hidden && html` hidden`}><th scope="row" class="name">${name}</th>
<td class="kind wide">${row.kind === "file" ? w.file : w.image}</td><td class="arch">${row.arches.join(", ")}</td>
<td class="num">${size(row.size)}</td><td class="digest wide"><code title="${row.digest}">${short(row.digest)}</code>${pinned}</td></tr>
`;
}

/** Each once, whether written with a v or without; what is longer than a version is cut. */
function versionsOf(versions: readonly string[]): string {
  const bare = versions.map((version) => version.replace(/^v(?=\d)/, ""));
  return [...new Set(bare)].map((version) => (version.length > 24 ? `${version.slice(0, 23)}…` : version)).join(", ");
}

/** As much of a digest as an eye compares; the title has it whole. */
function short(digest: string): string {
  return digest.slice(0, 19);
}
