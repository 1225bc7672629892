// `/missing` for people: what was asked for and is not here, and how the other side gets it.
import type { MissingArtifact, MissingList } from "../../core/extra-artifacts.ts";
import type { Addresses } from "./addresses.ts";
import { type Html, html } from "./html.ts";
import { type Language, messages } from "./messages.ts";
import { archOf } from "./model.ts";

export function missingPage(list: MissingList, addresses: Addresses, language: Language): Html {
  const w = messages[language];
  const lines = `curl -fsS -o missing.json '${addresses.files}/missing?format=json'
kso export --format tarball --extra missing.json -o next.tar`;
  const row = (
    wish: MissingArtifact,
  ): Html => html`<tr><th scope="row" class="name">${wish.name}${wish.platforms && html`<span class="badge">${wish.platforms.map(archOf).join(", ")}</span>`}${!wish.complete && html`<span class="badge warn">${w.incomplete}</span>`}</th>
<td>${wish.component ?? html`<span class="none">${w.unknown}</span>`}</td><td class="num">${wish.requests}</td>
<td class="arch wide"><time datetime="${wish.last}">${wish.last.slice(0, 19).replace("T", " ")} UTC</time></td><td class="wide name">${wish.clients.join(", ")}</td></tr>
`;
  return html`<h1>${w.missingTitle}</h1>
<p class="lede">${list.artifacts.length === 0 ? w.missingNone : w.missingNote}</p>
${
  list.artifacts.length > 0 &&
  html`<div class="block"><pre tabindex="0"><code>${lines}</code></pre></div>
<div class="scroll" tabindex="0" role="region" aria-labelledby="missing-caption"><table>
<caption id="missing-caption">${w.missingCaption}</caption>
<thead><tr><th scope="col">${w.name}</th><th scope="col">${w.component}</th><th scope="col" class="num">${w.requests}</th><th scope="col" class="wide">${w.last}</th><th scope="col" class="wide">${w.clients}</th></tr></thead>
<tbody>
${list.artifacts.slice(0, 1000).map(row)}</tbody></table></div>`
}
${list.dropped > 0 && html`<p class="quiet">${w.missingDropped(list.dropped)}</p>`}`;
}
