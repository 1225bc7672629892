// The guides as tabs: radio buttons and a style sheet, so that they work without scripts and by the keyboard's arrows.
import type { Guide, GuideStep } from "./guides.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import { block } from "./names.ts";
import type { Visit } from "./visit.ts";

/** The tabs; the first one is open. */
export function guideTabs(guides: readonly Guide[], visit: Visit): Html {
  const message = messages[visit.language];
  const tab = ({ id, title }: Guide, index: number): Html =>
    html`<input type="radio" name="guide" id="guide-${id}"${index === 0 && html` checked`}><label for="guide-${id}">${title}</label>
`;
  const panel = ({ id, title, steps }: Guide): Html =>
    html`<section class="panel" id="panel-${id}" aria-label="${title}"><ol class="steps">${steps.map((step) => stepItem(step, visit))}</ol></section>
`;
  return html`<div class="tabs" role="group" aria-label="${message.forWhom}">
${guides.map(tab)}<div class="panels">${guides.map(panel)}</div></div>`;
}

function stepItem({ title, note, download, lines, files = [], remarks = [] }: GuideStep, visit: Visit): Html {
  const message = messages[visit.language];
  return html`<li><h3>${title}</h3>${note !== undefined && html`<p>${note}</p>`}
${download && html`<p><a class="button" href="${download.href}" download="${download.name}">${message.download(download.name)}</a></p>`}${lines !== undefined && block(lines)}
${files.map(({ name, text }) => html`<details><summary>${message.show(name)}</summary><div>${block(text)}</div></details>`)}
${remarks.length > 0 && html`<ul class="remarks" lang="en">${remarks.map((remark) => html`<li>${remark}</li>`)}</ul>`}</li>
`;
}
