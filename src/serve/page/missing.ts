// `/missing` for people: what was requested and is not here, and how the connected side gets it.

import { isChartIndex, type MissingArtifact, type MissingList } from "../../core/extra-artifacts.ts";
import type { Language } from "../../core/language.ts";
import { architectureName } from "../../core/platform.ts";
import type { Addresses } from "./addresses.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";

/** More rows than these are not shown; the list has them all. */
const maxRows = 1000;

/** The main part of the page. */
export function missingPage(list: MissingList, addresses: Addresses, language: Language): Html {
  const message = messages[language];
  const { artifacts, dropped } = list;
  return html`<h1>${message.missingTitle}</h1>
<p class="lede">${artifacts.length === 0 ? message.missingNone : message.missingNote}</p>
${
  artifacts.length > 0 &&
  html`<div class="block"><pre tabindex="0"><code>${commandLines(addresses)}</code></pre></div>
<div class="scroll" tabindex="0" role="region" aria-labelledby="missing-caption"><table>
<caption id="missing-caption">${message.missingCaption}</caption>
<thead><tr><th scope="col">${message.name}</th><th scope="col">${message.component}</th><th scope="col" class="num">${message.requests}</th><th scope="col" class="wide">${message.last}</th><th scope="col" class="wide">${message.clients}</th></tr></thead>
<tbody>
${artifacts.slice(0, maxRows).map((artifact) => artifactRow(artifact, language))}</tbody></table></div>`
}
${dropped > 0 && html`<p class="quiet">${message.missingDropped(dropped)}</p>`}`;
}

function commandLines({ files }: Addresses): string {
  return `curl -fsS -o missing.json '${files}/missing?format=json'
kso export --format tarball --extra missing.json -o next.tar`;
}

function artifactRow(artifact: MissingArtifact, language: Language): Html {
  const message = messages[language];
  const { name, platforms, complete, component, requests, last, clients } = artifact;
  return html`<tr><th scope="row" class="name">${name}${platforms && html`<span class="badge">${platforms.map(architectureName).join(", ")}</span>`}${!complete && html`<span class="badge warn">${isChartIndex(name) ? message.chartIndex : message.incomplete}</span>`}</th>
<td>${component ?? html`<span class="none">${message.unknown}</span>`}</td><td class="num">${requests}</td>
<td class="arch wide"><time datetime="${last}">${last.slice(0, 19).replace("T", " ")} UTC</time></td><td class="wide name">${clients.join(", ")}</td></tr>
`;
}
