// What every page has in common: head, navigation, search, the links to the other language, the footer, and HTTP headers.
import { type Html, html } from "./html.ts";
import { languages, messages } from "./messages.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";
import type { Visit } from "./visit.ts";

/** An entry of the navigation. */
export type PageSection = "contents" | "files" | "missing";

/** What differs from page to page. */
export interface Layout {
  readonly visit: Visit;
  readonly title: string;
  readonly main: Html;
  readonly section?: PageSection;
  /** The form with the search. */
  readonly search: Html;
  readonly status: Html;
  /** The number of names that are missing. */
  readonly missing: number;
  /** The version of kso. */
  readonly version: string;
}

/** Where the style sheet and the script are. */
export const assets: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  "/-/page.css": { type: "text/css; charset=utf-8", text: style },
  "/-/page.js": { type: "text/javascript; charset=utf-8", text: script },
};

/** Nothing but this server's own style, script and status, no frames around it, no base, forms to itself. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** The HTML of a page, around its main part. */
export function renderLayout(layout: Layout): string {
  const { visit, title, main, section, search, status, missing, version } = layout;
  const { language, link } = visit;
  const message = messages[language];
  const other = language === "en" ? "zh" : "en";
  const { name, tag } = languages[other];
  const entry = (page: PageSection, href: string, more: Html | "" = ""): Html =>
    html`<li><a href="${link(href)}"${section === page && html` aria-current="page"`}>${message[page]}${more}</a></li>`;
  const count = html` <span class="count" data-count="missing"${missing === 0 && html` hidden`}>${missing}</span>`;
  return html`<!doctype html>
<html lang="${languages[language].tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · kso</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/-/page.css">
<script src="/-/page.js" defer></script>
</head>
<body data-copy="${message.copy}" data-copied="${message.copied}">
<a class="skip" href="#main">${message.skip}</a>
<header class="top"><div class="wrap">
<a class="brand" href="${link("/")}">kso</a>
<nav aria-label="${message.pages}"><ul>${entry("contents", "/")}${visit.files !== undefined && entry("files", `${visit.files}/k8s/`)}${entry("missing", "/missing", count)}</ul></nav>
<nav class="language" aria-label="${message.language}"><a href="${visit.with("lang", other)}" hreflang="${tag}" lang="${tag}">${name}</a></nav>
${search}
</div></header>
${status}
<main id="main" tabindex="-1"><div class="wrap">
${main}
</div></main>
<footer><div class="wrap"><span>${message.servedBy(version)}</span><a href="/metrics">/metrics</a><a href="/health">/health</a></div></footer>
</body>
</html>
`.html;
}
