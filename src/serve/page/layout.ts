// What every page has in common: head, navigation, the links to the other language, the footer, and HTTP headers.
import type { Language } from "../../core/language.ts";
import { type Html, html } from "./html.ts";
import { messages } from "./messages.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** An entry of the navigation. */
export type PageSection = "contents" | "files" | "missing";

/** What differs from page to page. */
export interface Layout {
  readonly language: Language;
  /** Path and query of the request for the page. */
  readonly target: string;
  readonly title: string;
  readonly main: Html;
  readonly section?: PageSection;
  /** The version of kso. */
  readonly version: string;
}

/** Where the style sheet and the script are. */
export const assets: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  "/-/page.css": { type: "text/css; charset=utf-8", text: style },
  "/-/page.js": { type: "text/javascript; charset=utf-8", text: script },
};

/** Nothing but this server's own style and script, no frames around it, no base, forms to itself. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** The HTML of a page, around its main part. */
export function renderLayout({ language, target, title, main, section, version }: Layout): string {
  const message = messages[language];
  const other: Language = language === "en" ? "zh" : "en";
  const entry = (name: PageSection, href: string): Html =>
    html`<li><a href="${href}"${section === name ? html` aria-current="page"` : ""}>${message[name]}</a></li>`;
  return html`<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
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
<a class="brand" href="/">kso</a>
<nav aria-label="${message.pages}"><ul>${entry("contents", "/")}${entry("files", "/k8s/")}${entry("missing", "/missing")}</ul></nav>
<nav class="language" aria-label="${message.language}"><ul><li><a href="${languageUrl(target, other)}" hreflang="${other}" lang="${other === "zh" ? "zh-CN" : "en"}">${message.other}</a></li></ul></nav>
</div></header>
<main id="main" tabindex="-1"><div class="wrap">
${main}
</div></main>
<footer><div class="wrap"><span>${message.servedBy(version)}</span><a href="/metrics">/metrics</a><a href="/health">/health</a></div></footer>
</body>
</html>
`.html;
}

/** The URL of the same page in another language. */
function languageUrl(target: string, language: Language): string {
  const [path = "/", query = ""] = target.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  parameters.set("lang", language);
  // Two slashes would lead to another host.
  return `${path.replace(/^\/+/, "/")}?${parameters}`;
}
