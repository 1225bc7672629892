// `/`: what is inside, a search over it, and lines to paste.

import type { ComponentShare } from "../../bundle/contents.ts";
import { shortDigest } from "../../core/digest.ts";
import type { Language } from "../../core/language.ts";
import { architectureName } from "../../core/platform.ts";
import { formatSize } from "../../core/size.ts";
import { unresolvedReason } from "../../core/unresolved.ts";
import type { Addresses } from "./addresses.ts";
import { type Html, html } from "./html.ts";
import { itemsTable, versionsText } from "./items.ts";
import type { ClusterVariables } from "./kubespray.ts";
import { messages } from "./messages.ts";
import type { PageModel } from "./model.ts";
import { type CertificateAuthority, type Snippet, snippets } from "./snippets.ts";

/** What the page shows, and to whom. */
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
  /** Clients must give a password. */
  readonly requiresPassword: boolean;
  /** What a cluster's own variables would be, where that is known. */
  readonly kubespray: readonly ClusterVariables[];
}

/** The main part of the page. */
export function homePage(options: HomeOptions): Html {
  const { model, language } = options;
  const message = messages[language];
  const [lock] = model.locks;
  const files = model.rows.filter(({ kind }) => kind === "file").length;
  const summary = message.lede({
    kubernetes: lock?.kubernetes ?? "",
    architectures: model.platforms.map(architectureName).join(message.and),
    files,
    images: model.rows.length - files,
    size: formatSize(model.bytes),
  });
  return html`<h1>${[...new Set(model.locks.map(({ release }) => release.name.replace("-", " ")))].join(" + ")}</h1>
<p class="lede">${summary}</p>
${overview(options)}
<section aria-labelledby="use"><h2 id="use">${message.use}</h2>
<p class="quiet">${message.useNote}</p>
${snippets(options).map(snippetBlock)}
</section>
<section aria-labelledby="components"><h2 id="components">${message.components}</h2>
${componentsTable(model, language)}
${unavailableList(model, language)}
${unresolvedList(model, language)}
</section>
<section aria-labelledby="files-and-images"><h2 id="files-and-images">${message.items}</h2>
${itemsTable(model, language, options.query)}
</section>`;
}

function overview({ model, lockDigests, disk, language }: HomeOptions): Html {
  const message = messages[language];
  const entry = (name: string, value: string | Html): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const each = (value: (index: number) => string | Html): Html =>
    html`${model.locks.map((_, index) => html`${index > 0 ? html`<br>` : ""}${value(index)}`)}`;
  return html`<dl class="overview" aria-label="${message.overview}">
${entry(message.platforms, model.platforms.join(", "))}
${entry(message.onDisk, formatSize(disk))}
${entry(
  message.commit,
  each((index) => html`<code>${(model.locks[index]?.release.commit ?? "").slice(0, 12) || "–"}</code>`),
)}
${entry(
  message.lock,
  each((index) => html`<code title="${lockDigests[index] ?? ""}">${shortDigest(lockDigests[index] ?? "")}</code>`),
)}
${entry(
  message.madeBy,
  each((index) => `kso ${model.locks[index]?.kso}`),
)}
</dl>`;
}

function snippetBlock({ title, open, parts }: Snippet): Html {
  return html`<details name="use"${open ? html` open` : ""}><summary>${title}</summary><div>
${parts.map(({ note, text }) => html`<p>${note}</p>${text !== "" && html`<div class="block"><pre tabindex="0"><code>${text}</code></pre></div>`}`)}
</div></details>
`;
}

function componentsTable(model: PageModel, language: Language): Html {
  const message = messages[language];
  const { platforms, shares } = model;
  const cell = (bytes: number): Html =>
    bytes > 0 ? html`<td class="num">${formatSize(bytes)}</td>` : html`<td class="num none">–</td>`;
  const row = (share: ComponentShare): Html => html`<tr>
<th scope="row"><a href="/?q=${encodeURIComponent(share.component)}#files-and-images" data-query="${share.component}">${share.component}</a></th>
<td class="ver wide">${versionsText(share.versions)}</td>
<td class="num wide">${share.files || "–"}</td><td class="num wide">${share.images || "–"}</td>
${platforms.map((platform) => cell(share.platforms[platform] ?? 0))}<td class="num">${formatSize(share.bytes)}</td></tr>
`;
  const sums = platforms.map((platform) =>
    shares.reduce((total, share) => total + (share.platforms[platform] ?? 0), 0),
  );
  const total = (kind: "files" | "images"): number => shares.reduce((total, share) => total + share[kind], 0);
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="components-caption"><table>
<caption id="components-caption">${message.componentsCaption}</caption>
<thead><tr><th scope="col">${message.component}</th><th scope="col" class="wide">${message.version}</th>
<th scope="col" class="num wide">${message.filesColumn}</th><th scope="col" class="num wide">${message.imagesColumn}</th>
${platforms.map((platform) => html`<th scope="col" class="num">${architectureName(platform)}</th>`)}<th scope="col" class="num">${message.total}</th></tr></thead>
<tbody>
${shares.map(row)}</tbody>
<tfoot><tr><th scope="row">${message.all}</th><td class="wide"></td><td class="num wide">${total("files")}</td><td class="num wide">${total("images")}</td>
${sums.map(cell)}<td class="num">${formatSize(model.bytes)}</td></tr></tfoot>
</table></div>`;
}

function unavailableList({ unavailable }: PageModel, language: Language): Html {
  const message = messages[language];
  if (unavailable.length === 0) return html``;
  const item = ({ component, name, version, platforms, reason }: PageModel["unavailable"][number]): Html =>
    html`<li><strong>${component}</strong> ${name} ${version} <span class="arch">${platforms.map(architectureName).join(", ")}</span>: ${reason}</li>`;
  return html`<details><summary>${message.unavailable} <span class="badge">${unavailable.length}</span></summary><div><p class="quiet">${message.unavailableNote}</p>
<ul class="unavailable">${unavailable.map(item)}</ul></div></details>`;
}

function unresolvedList({ unresolved }: PageModel, language: Language): Html {
  const message = messages[language];
  if (unresolved.length === 0) return html``;
  const item = (one: PageModel["unresolved"][number]): Html =>
    html`<li><strong>${one.component}</strong> ${one.name} <span class="arch">${one.platforms.map(architectureName).join(", ")}</span>: ${unresolvedReason(one)}</li>`;
  return html`<details><summary>${message.unresolved} <span class="badge">${unresolved.length}</span></summary><div><p class="quiet">${message.unresolvedNote}</p>
<ul class="unavailable">${unresolved.map(item)}</ul></div></details>`;
}
