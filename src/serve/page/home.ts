// `/`: one release of what is served: what to paste, and what is inside.
import { shortDigest } from "../../core/digest.ts";
import { architectureName } from "../../core/platform.ts";
import { formatSize } from "../../core/size.ts";
import { componentList } from "./components.ts";
import { type Filter, filterRows } from "./filter.ts";
import { guideTabs } from "./guide-tabs.ts";
import type { Guide } from "./guides.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import type { PageModel, PageRelease } from "./model.ts";
import type { Visit } from "./visit.ts";

/** What the page shows, and to whom. */
export interface HomeOptions {
  readonly model: PageModel;
  readonly release: PageRelease;
  readonly filter: Filter;
  readonly guides: readonly Guide[];
  /** Bytes on disk. */
  readonly disk: number;
  readonly visit: Visit;
}

/** The main part of the page. */
export function homePage(options: HomeOptions): Html {
  const { model, release, visit, guides } = options;
  const message = messages[visit.language];
  const { lock, platforms, files, images, bytes } = release;
  const summary = message.lede({
    kubernetes: lock.kubernetes,
    architectures: platforms.map(architectureName).join(message.and),
    files,
    images,
    size: formatSize(bytes),
  });
  return html`${model.releases.length > 1 && releaseSwitch(options)}
<h1>${lock.release.name.replace("-", " ")}</h1>
<p class="lede">${summary}</p>
<section aria-labelledby="use"><h2 id="use">${message.use}</h2>
<p class="quiet">${message.useNote}</p>
${guideTabs(guides, visit)}
</section>
<section aria-labelledby="items"><h2 id="items">${message.items}</h2>
${elsewhere(options)}
${componentList(release, options.filter, visit)}
</section>
${about(options)}`;
}

function releaseSwitch({ model, release, visit }: HomeOptions): Html {
  const message = messages[visit.language];
  const entry = (each: PageRelease): Html =>
    html`<li><a href="${visit.link(`/?release=${encodeURIComponent(each.id)}`)}"${each === release && html` aria-current="true"`}>${each.id}</a></li>`;
  return html`<nav class="releases" aria-label="${message.releases}"><span aria-hidden="true">${message.release}</span><ul>${model.releases.map(entry)}</ul></nav>`;
}

/** Where else a search that finds nothing here finds something. */
function elsewhere({ model, release, filter, visit }: HomeOptions): Html {
  if (filterRows(release.rows, filter).length > 0) return html``;
  const message = messages[visit.language];
  const others = model.releases.filter((other) => other !== release && filterRows(other.rows, filter).length > 0);
  if (others.length === 0) return html``;
  const link = ({ id }: PageRelease): Html => html` <a href="${visit.with("release", id)}#items">${id}</a>`;
  return html`<p>${message.elsewhere}${others.map(link)}</p>`;
}

function about({ release, disk, visit }: HomeOptions): Html {
  const message = messages[visit.language];
  const { lock, lockDigest, platforms } = release;
  const entry = (name: string, value: string | Html): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section aria-labelledby="about"><h2 id="about">${message.about}</h2>
<dl class="overview">
${entry(message.platforms, platforms.join(", "))}
${entry(message.onDisk, formatSize(disk))}
${entry(message.commit, html`<code>${lock.release.commit.slice(0, 12) || "–"}</code>`)}
${entry(message.lock, html`<code title="${lockDigest}" data-copy="${lockDigest}">${shortDigest(lockDigest)}…</code>`)}
${entry(message.madeBy, `kso ${lock.kso}`)}
</dl></section>`;
}
