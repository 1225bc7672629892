// How the server is: a band on each page, the same as JSON, which a script asks for again.
import { textResponse } from "../handler.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import type { Visit } from "./visit.ts";

/** `/-/status.json`. */
export interface ServerStatus {
  readonly state: "intact" | "damaged";
  /** Why it is damaged. */
  readonly fault?: string;
  /** Since when it is so: ISO 8601, UTC. */
  readonly since: string;
  /** Names that were asked for and are not here. */
  readonly missing: number;
  /** Answers that failed since the start, and requests that were refused. */
  readonly errors: number;
  readonly refused: number;
  /** That came within the last hour. */
  readonly clients: number;
}

/** Where the script asks. */
export const statusPath = "/-/status.json";

/** The status as JSON. */
export function statusResponse(status: ServerStatus): Response {
  return textResponse(`${JSON.stringify(status)}\n`, 200, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
}

/** The band; the script changes what it finds by its `data-` attributes, and reads the words for it there. */
export function statusBand(status: ServerStatus, visit: Visit): Html {
  const message = messages[visit.language];
  const isIntact = status.state === "intact";
  const words = { intact: message.intact, damaged: message.damaged, gone: message.gone };
  const since = moment(status.since);
  const count = (name: "missing" | "errors" | "refused" | "clients", label: string, note: string): Html => {
    const value = html`<dd data-count="${name}">${status[name]}</dd>`;
    const isNotable = name !== "clients" && status[name] > 0;
    return html`<div class="figure${isNotable && " notable"}"><dt title="${note}">${label}</dt>${value}</div>`;
  };
  return html`<section class="status ${status.state}" aria-label="${message.status}" data-status="${statusPath}" data-words="${JSON.stringify(words)}" data-intact="${message.intactNote("{0}")}" data-damaged="${message.damagedNote("{0}")}" data-gone="${message.goneNote}"><div class="wrap">
<div class="state" aria-live="polite"><p class="lamp" title="${message.intactHint}"><strong data-state>${words[status.state]}</strong></p>
<p data-since>${isIntact ? message.intactNote(since) : message.damagedNote(since)}</p></div>
<dl>${count("missing", message.statusMissing, message.missingNote)}${count("errors", message.statusErrors, message.statusErrorsHint)}${count("refused", message.statusRefused, message.statusRefusedHint)}${count("clients", message.statusClients, message.statusClientsHint)}</dl>
<div class="fault" data-fault${isIntact && html` hidden`}><p><strong data-reason>${status.fault ?? ""}</strong></p><p>${message.damagedHelp}</p></div>
</div></section>`;
}

/** `2026-11-30 20:10 UTC`. */
export function moment(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")} UTC`;
}
