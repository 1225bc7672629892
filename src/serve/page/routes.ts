// The addresses of the page and of what it consists of, beside the files.
import type { MissingList } from "../../core/extra-artifacts.ts";
import { formatMissingList } from "../../core/extra-artifacts.ts";
import type { RenderListing } from "../content/directories.ts";
import type { NotFoundPage } from "../content/files.ts";
import { type Client, isRead, plainText, type Route, targetOf, textResponse } from "../handler.ts";
import { type Addresses, addressesFor, type ListenerPorts } from "./addresses.ts";
import { directoryPage } from "./directory.ts";
import { homePage } from "./home.ts";
import { type Html, html } from "./html.ts";
import { assets, type Layout, policy, renderLayout } from "./layout.ts";
import { type Language, languageOf, messages } from "./messages.ts";
import { missingPage } from "./missing.ts";
import type { PageModel } from "./model.ts";
import type { CertificateAuthority } from "./snippets.ts";

export interface PageRoutesOptions {
  /** Made when it is first asked for. */
  readonly model: () => PageModel;
  /** Digest of each lock's bytes, in the order of the model's locks. */
  readonly lockDigests: readonly string[];
  /** Bytes on disk. */
  readonly disk: number;
  readonly missing: () => MissingList;
  readonly portsOf: (client: Client) => ListenerPorts;
  /** The CA that clients must trust, PEM, where kso made it. */
  readonly ca?: (CertificateAuthority & { readonly certificate: string }) | undefined;
  /** Clients are asked for a password. */
  readonly secret: boolean;
  /** A cluster's own variables for these addresses. */
  readonly kubespray?: (addresses: Addresses) => string | undefined;
  /** kso's. */
  readonly version: string;
}

export interface PageRoutes {
  /** `/`, and what its pages are made of. */
  readonly home: Route;
  /** `/missing`. */
  readonly missing: Route;
  readonly renderListing: RenderListing;
  /** A file that is not here, for browsers. */
  readonly notFoundPage: NotFoundPage;
}

export function pageRoutes(options: PageRoutesOptions): PageRoutes {
  const { version } = options;
  let model: PageModel | undefined;
  const show = (
    request: Request,
    frame: Pick<Layout, "title" | "main" | "at">,
    language: Language,
    status = 200,
  ): Response => {
    const { path, query } = targetOf(request);
    const target = query === "" ? path : `${path}?${query}`;
    const headers = {
      "content-type": "text/html; charset=utf-8",
      ...policy,
      ...remembered(query),
      vary: "Accept, Accept-Language, Cookie, Host",
      "cache-control": "no-cache",
    };
    return textResponse(renderLayout({ ...frame, language, target, version }), status, headers);
  };
  const addresses = (request: Request, client: Client): Addresses =>
    addressesFor(request.headers.get("host"), options.portsOf(client));

  return {
    home(request, client) {
      const { path, query } = targetOf(request);
      const asset = assets[path];
      if (asset)
        return read(request, () => answer(asset.text, asset.type, { "cache-control": "max-age=300", ...policy }));
      const { ca } = options;
      if (path === "/ca.pem" && ca) return read(request, () => answer(ca.certificate, "application/x-pem-file"));
      if (path !== "/") return undefined;
      return read(request, () => {
        const language = languageFor(request, query);
        model ??= options.model();
        const asked = addresses(request, client);
        const { lockDigests, disk, secret } = options;
        const main = homePage({
          ...{ model, lockDigests, disk, secret, language, ca },
          addresses: asked,
          query: (new URLSearchParams(query).get("q") ?? "").slice(0, 200),
          kubespray: options.kubespray?.(asked),
        });
        const [lock] = model.locks;
        const title = `kubespray ${lock?.release.version}, Kubernetes ${lock?.kubernetes}`;
        return show(request, { title, main, at: "contents" }, language);
      });
    },
    missing(request, client) {
      const { path, query } = targetOf(request);
      if (path !== "/missing") return undefined;
      return read(request, () => {
        const list = options.missing();
        const form = formFor(request, query);
        if (form === "json") return answer(`${JSON.stringify(list, null, 2)}\n`, "application/json");
        if (form === "text") return answer(formatMissingList(list), "text/plain; charset=utf-8");
        const language = languageFor(request, query);
        const main = missingPage(list, addresses(request, client), language);
        return show(request, { title: messages[language].missingTitle, main, at: "missing" }, language);
      });
    },
    renderListing(request, path, lines) {
      const language = languageFor(request, targetOf(request).query);
      const main: Html = directoryPage(path, lines, language);
      return show(request, { title: path, main, at: "files" }, language);
    },
    notFoundPage(request, name) {
      if (!wantsPage(request)) return undefined;
      const language = languageFor(request, targetOf(request).query);
      const w = messages[language];
      const main = html`<h1>${w.notFound}</h1><p class="lede name">${w.notFoundNote(name)}</p>`;
      return show(request, { title: w.notFound, main }, language, 404);
    },
  };
}

function read(request: Request, act: () => Response): Response {
  return isRead(request) ? act() : plainText(405, "Only GET and HEAD\n", { allow: "GET, HEAD" });
}

function answer(text: string, type: string, headers: Record<string, string> = {}): Response {
  return textResponse(text, 200, { "content-type": type, "x-content-type-options": "nosniff", ...headers });
}

function languageFor({ headers }: Request, query: string): Language {
  const asked = new URLSearchParams(query).get("lang");
  return languageOf(asked, headers.get("cookie"), headers.get("accept-language"));
}

/** A language that was chosen is kept for other pages. */
function remembered(query: string): Record<string, string> {
  const lang = new URLSearchParams(query).get("lang");
  return lang === "en" || lang === "zh"
    ? { "set-cookie": `kso_lang=${lang}; Path=/; SameSite=Lax; Max-Age=31536000` }
    : {};
}

/** `?format=` decides, then what the client prefers: browsers read pages, programs text. */
function formFor(request: Request, query: string): "json" | "text" | "html" {
  const format = new URLSearchParams(query).get("format");
  if (format === "json" || format === "text") return format;
  if (wantsPage(request)) return "html";
  return /\bapplication\/json\b/.test(request.headers.get("accept") ?? "") ? "json" : "text";
}

function wantsPage({ headers }: Request): boolean {
  return /\btext\/html\b/.test(headers.get("accept") ?? "");
}
