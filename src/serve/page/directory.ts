// A directory of the file tree as a page of links. `wget -r` reads it too.
import { digestParts } from "../../core/digest.ts";
import { shellWord } from "../../core/shell.ts";
import { formatSize } from "../../core/size.ts";
import type { DirectoryEntry, DirectoryListing, FileBelow } from "../content/directories.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import { block, breakable, digestText } from "./names.ts";
import type { Visit } from "./visit.ts";

/** The page of a directory; `curl` begins a line that asks this server. */
export function directoryPage({ path, entries }: DirectoryListing, curl: string, visit: Visit): Html {
  const message = messages[visit.language];
  const bySize = visit.parameters.get("sort") === "size";
  const sorted = entries.toSorted(bySize ? (a, b) => b.size - a.size : compareNames);
  const column = (name: "name" | "size", label: string): Html => {
    const isSorted = (name === "size") === bySize;
    const direction = isSorted && html` aria-sort="${bySize ? "descending" : "ascending"}"`;
    const button = html`<button form="sort" name="sort" value="${name}" title="${message.sortBy(label)}">${label}</button>`;
    return html`<th scope="col"${name === "size" && html` class="num"`}${direction}>${button}</th>`;
  };
  const parent =
    path.split("/").length > 3 &&
    html`<tr><th scope="row" class="name"><a href="${visit.link("../")}">../ <span class="quiet">${message.parent}</span></a></th><td></td><td></td></tr>
`;
  return html`<h1 class="path">${breadcrumbs(path, visit)}</h1>
<div class="scroll" tabindex="0" role="region" aria-labelledby="entries"><table>
<caption id="entries">${message.listing(path)}</caption>
<thead><tr>${column("name", message.name)}<th scope="col" class="wide">${message.digest}</th>${column("size", message.size)}</tr></thead>
<tbody>
${parent}${sorted.map((entry) => entryRow(entry, visit))}</tbody></table></div>
${forms(visit)}
<p class="quiet">${message.sumsNote}</p>
${block(`${curl} ${shellWord(`${visit.origin}${path.split("/").map(encodeURIComponent).join("/")}?sums`)} | sha256sum -c`)}`;
}

/** Forms and no links: `wget -r` follows links. */
function forms({ chosen, language }: Visit): Html {
  const lang = chosen !== undefined && html`<input type="hidden" name="lang" value="${chosen}">`;
  return html`<form id="sort" method="get">${lang}</form>
<form method="get"><button name="sums" value="sha256">${messages[language].sums}</button></form>`;
}

/** SHA256SUMS as `sha256sum -c` reads it in a copy of the directory. */
export function directorySums(files: readonly FileBelow[]): string {
  return files.map(({ path, digest }) => `${digestParts(digest).hex}  ${path}\n`).join("");
}

/** Directories first. */
function compareNames(a: DirectoryEntry, b: DirectoryEntry): number {
  const directoriesFirst = Number(a.digest !== undefined) - Number(b.digest !== undefined);
  return directoriesFirst !== 0 ? directoriesFirst : a.name < b.name ? -1 : 1;
}

function entryRow({ name, size, digest, files }: DirectoryEntry, visit: Visit): Html {
  const message = messages[visit.language];
  const isFile = digest !== undefined;
  const href = isFile ? link(name) : visit.link(link(name));
  const title = html`<a href="${href}"${isFile && html` data-copy="href"`}>${breakable(name)}</a>`;
  const about =
    digest === undefined ? html`<span class="quiet">${message.folder(files ?? 0)}</span>` : digestText(digest);
  return html`<tr><th scope="row" class="name">${title}</th><td class="wide">${about}</td><td class="num">${formatSize(size)}</td></tr>
`;
}

/** The path, with a link for each level above. */
function breadcrumbs(path: string, visit: Visit): Html {
  const parts = path.split("/").filter(Boolean);
  return html`${parts.map((part, index) =>
    index === parts.length - 1
      ? html`${breakable(part)}/`
      : html`<a href="${visit.link("../".repeat(parts.length - 1 - index))}">${breakable(part)}</a>/<wbr>`,
  )}`;
}

/** A relative link; `./` in front keeps a name with a colon from being taken for a scheme. */
function link(name: string): string {
  const encoded = encodeURIComponent(name.replace(/\/$/, ""));
  return `./${encoded}${name.endsWith("/") ? "/" : ""}`;
}
