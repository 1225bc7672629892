// `/missing` for people: what was requested and is not here, and how the connected side gets it.
import { isChartIndex, type MissingArtifact, type MissingList } from "../../core/extra-artifacts.ts";
import { architectureName } from "../../core/platform.ts";
import { shellWord } from "../../core/shell.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import { block, breakable } from "./names.ts";
import { moment } from "./status.ts";
import type { Visit } from "./visit.ts";

/** More rows of one kind than these are not shown; the list has them all. */
const maxRows = 1000;

/** The main part of the page; `download` begins a line that takes the list from this server. */
export function missingPage(list: MissingList, download: string, visit: Visit): Html {
  const message = messages[visit.language];
  const { artifacts, dropped } = list;
  const [fetched, incomplete] = [true, false].map((complete) =>
    artifacts.filter((artifact) => isFetched(artifact) === complete),
  ) as [MissingArtifact[], MissingArtifact[]];
  const lines = `${download}\n${exportLine(list)}`;
  return html`<h1>${message.missingTitle}</h1>
<p class="lede">${artifacts.length === 0 ? message.missingNone : message.missingNote}</p>
${
  fetched.length > 0 &&
  html`<section><h2 id="fetched">${message.missingFetched} <span class="count">${fetched.length}</span></h2>
<p>${message.missingFetchedNote}</p>
${block(lines)}
<p><a class="button" href="/missing?format=json" download="missing.json">${message.download("missing.json")}</a></p>
${table(fetched, "fetched", visit)}</section>`
}
${
  incomplete.length > 0 &&
  html`<section><h2 id="incomplete">${message.missingIncomplete} <span class="count">${incomplete.length}</span></h2>
<p>${message.missingIncompleteNote}</p>
${table(incomplete, "incomplete", visit)}</section>`
}
${dropped > 0 && html`<p class="quiet">${message.missingDropped(dropped)}</p>`}`;
}

/** The line with which curl takes the list. */
export function missingDownload(curl: string, pages: string): string {
  return `${curl} -o missing.json ${shellWord(`${pages}/missing?format=json`)}`;
}

/** The command that makes a bundle of the same releases with what is missing. */
function exportLine({ bundles }: MissingList): string {
  const versions = new Map(
    bundles.flatMap(({ release, kubernetes }) => {
      const [, version] = /^kubespray-(\d.*)$/.exec(release) ?? [];
      return version === undefined ? [] : [[version, kubernetes] as const];
    }),
  );
  const pairs = [...versions].map(([version, kubernetes]) =>
    versions.size > 1 ? `${version}=${kubernetes}` : kubernetes,
  );
  const lines = [
    "kso export --format tarball",
    ...(versions.size > 0
      ? [`--kubespray ${shellWord([...versions.keys()].join(","))} --kube ${shellWord(pairs.join(","))}`]
      : []),
    "--extra missing.json -o next.tar",
  ];
  return lines.join(" \\\n  ");
}

/** Whether the connected side fetches it by its name. */
function isFetched({ complete, kind }: MissingArtifact): boolean {
  return complete && kind !== "blob";
}

function table(artifacts: readonly MissingArtifact[], heading: string, visit: Visit): Html {
  const message = messages[visit.language];
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="${heading}"><table>
<thead><tr><th scope="col">${message.name}</th><th scope="col" class="num">${message.requests}</th><th scope="col" class="wide">${message.last}</th><th scope="col" class="wide">${message.clients}</th></tr></thead>
<tbody>
${artifacts.slice(0, maxRows).map((artifact) => artifactRow(artifact, visit))}</tbody></table></div>
${artifacts.length > maxRows && html`<p class="quiet">${message.missingMore(artifacts.length - maxRows)}</p>`}`;
}

function artifactRow(artifact: MissingArtifact, visit: Visit): Html {
  const message = messages[visit.language];
  const { name, platforms = [], component, requests, first, last, clients } = artifact;
  const about = [component ?? message.unknown, ...platforms.map(architectureName)].join(", ");
  const reason = isFetched(artifact) ? undefined : reasonOf(artifact, visit);
  return html`<tr><th scope="row" class="name"><span data-copy>${breakable(name)}</span><span class="under">${about}${reason !== undefined && html` <span class="absent">${reason}</span>`}</span></th>
<td class="num">${requests}</td><td class="wide"><time datetime="${last}">${moment(last)}</time>${first !== last && html`<span class="under"><time datetime="${first}">${message.labelled(message.first, moment(first))}</time></span>`}</td><td class="wide">${clients.join(", ")}</td></tr>
`;
}

function reasonOf({ name, kind }: MissingArtifact, visit: Visit): string {
  const message = messages[visit.language];
  if (kind === "blob") return message.partOfImage;
  return isChartIndex(name) ? message.chartIndex : message.incomplete;
}
