// A directory of the file tree as a page of links. `wget -r` reads it too.
import type { Language } from "../../core/language.ts";
import { formatSize } from "../../core/size.ts";
import type { DirectoryEntry } from "../content/directories.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";

/** The page of the directory at `path`, as it is shown: `/k8s/dl.k8s.io/`. */
export function directoryPage(path: string, entries: readonly DirectoryEntry[], language: Language): Html {
  const message = messages[language];
  const sorted = entries.toSorted((a, b) => {
    const directoriesFirst = Number(b.size === undefined) - Number(a.size === undefined);
    return directoriesFirst !== 0 ? directoriesFirst : a.name < b.name ? -1 : 1;
  });
  const row = ({ name, size: bytes }: DirectoryEntry): Html =>
    html`<tr><th scope="row" class="name"><a href="${link(name)}">${name}</a></th><td class="num${bytes === undefined && " none"}">${bytes === undefined ? message.folder : formatSize(bytes)}</td></tr>
`;
  const parent =
    path.split("/").length > 3
      ? html`<tr><th scope="row" class="name"><a href="../">../ <span class="quiet">${message.parent}</span></a></th><td></td></tr>
`
      : "";
  return html`<h1 class="path">${breadcrumbs(path)}</h1>
<div class="scroll" tabindex="0" role="region" aria-labelledby="entries"><table>
<caption id="entries">${message.listing(path)}</caption>
<thead><tr><th scope="col">${message.name}</th><th scope="col" class="num">${message.size}</th></tr></thead>
<tbody>
${parent}${sorted.map(row)}</tbody></table></div>`;
}

/** The path, with a link for each level above. */
function breadcrumbs(path: string): Html {
  const parts = path.split("/").filter(Boolean);
  return html`${parts.map((part, index) =>
    index === parts.length - 1
      ? html`${part}/`
      : html`<a href="${"../".repeat(parts.length - 1 - index)}">${part}</a>/`,
  )}`;
}

/** A relative link; `./` in front keeps a name with a colon from being taken for a scheme. */
function link(name: string): string {
  const encoded = encodeURIComponent(name.replace(/\/$/, ""));
  return `./${encoded}${name.endsWith("/") ? "/" : ""}`;
}
