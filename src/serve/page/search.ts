// The form in the header: a search, and on the page of a release the filters.
import { type Filter, isActive } from "./filter.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import type { PageRelease } from "./model.ts";
import type { Visit } from "./visit.ts";

/** What the form shows of a release that is on the page. */
export interface SearchedRelease {
  readonly release: PageRelease;
  /** Its name where it is not the only one. */
  readonly id: string | undefined;
  readonly filter: Filter;
  readonly matches: number;
  /** All items are on the page: a script can search while somebody types. */
  readonly isLive: boolean;
}

/** The form; it leads to the items of a release. */
export function searchForm(visit: Visit, searched: SearchedRelease | undefined): Html {
  const message = messages[visit.language];
  const { chosen } = visit;
  const live = searched?.isLive === true && html` data-live="${message.shown("{0}", "{1}")}"`;
  return html`<form class="search" role="search" method="get" action="/#items"${live}>
<div class="field"><label class="hidden" for="q">${message.searchHint}</label>
<input id="q" name="q" type="search" value="${searched?.filter.query ?? ""}" placeholder="${message.searchHint}" autocomplete="off" spellcheck="false" maxlength="200">
<button>${message.search}</button></div>
${searched && filters(visit, searched)}
${searched?.id !== undefined && html`<input type="hidden" name="release" value="${searched.id}">`}${chosen !== undefined && html`<input type="hidden" name="lang" value="${chosen}">`}
</form>`;
}

function filters(visit: Visit, { release, id, filter, matches }: SearchedRelease): Html {
  const message = messages[visit.language];
  const { rows, platforms } = release;
  const components = [...new Set(rows.map(({ component }) => component))];
  const absent = rows.filter(({ absence }) => absence).length;
  const all = id === undefined ? "/" : `/?release=${encodeURIComponent(id)}`;
  return html`<fieldset class="filters${isActive(filter) && " active"}"><legend class="hidden">${message.filters}</legend>
${choice(
  { name: "component", label: message.component, any: message.anyComponent, value: filter.component },
  components.map((name) => [name, name]),
)}
${choice(
  { name: "arch", label: message.architecture, any: message.anyArchitecture, value: filter.architecture },
  platforms.map((platform) => platform.replace(/^linux\//, "")).map((name) => [name, name]),
)}
${choice({ name: "kind", label: message.content, any: message.anyKind, value: filter.kind }, [
  ["file", message.onlyFiles],
  ["image", message.onlyImages],
])}
${(absent > 0 || filter.absent) && html`<label class="check"><input type="checkbox" name="absent" value="1"${filter.absent && html` checked`}> ${message.onlyAbsent} (${absent})</label>`}
<span class="found"><span role="status">${message.shown(String(matches), String(rows.length))}</span> <a id="clear" href="${visit.link(all)}#items"${!isActive(filter) && html` hidden`}>${message.clear}</a></span></fieldset>`;
}

interface Choice {
  readonly name: string;
  readonly label: string;
  readonly any: string;
  readonly value: string | undefined;
}

function choice(
  { name, label, any, value }: Choice,
  options: readonly (readonly [value: string, text: string])[],
): Html {
  const option = ([each, text]: readonly [string, string]): Html =>
    html`<option value${each !== "" && html`="${each}"`}${each === value && html` selected`}>${text}</option>`;
  return html`<label><span class="hidden">${label}</span><select name="${name}">${[["", any] as const, ...options].map(option)}</select></label>`;
}
