// The routes of the pages, of their style sheet and script, and of the CA's certificate.

import { formatMissingList, type MissingList } from "../../core/extra-artifacts.ts";
import type { Language } from "../../core/language.ts";
import type { RenderListing } from "../content/directories.ts";
import type { NotFoundPage } from "../content/files.ts";
import { type Client, type RouteHandler, readOnly, targetOf, textResponse } from "../handler.ts";
import { type Addresses, addressesFor, type ListenerPorts } from "./addresses.ts";
import { directoryPage } from "./directory.ts";
import { homePage } from "./home.ts";
import { type Html, html } from "./html.ts";
import type { ClusterVariables } from "./kubespray.ts";
import { assets, type PageSection, renderLayout, securityHeaders } from "./layout.ts";
import { isLanguage, languageOf, messages } from "./messages.ts";
import { missingPage } from "./missing.ts";
import type { PageModel } from "./model.ts";
import type { CertificateAuthority } from "./snippets.ts";

/** What the pages show. */
export interface PagesOptions {
  /** Called once, at the first request for `/`. */
  readonly model: () => PageModel;
  /** Digest of each lock's bytes, in the order of the model's locks. */
  readonly lockDigests: readonly string[];
  /** Bytes on disk. */
  readonly disk: number;
  readonly missing: () => MissingList;
  readonly portsOf: (client: Client) => ListenerPorts;
  /** The CA that clients must trust, PEM, where kso made it. */
  readonly ca?: (CertificateAuthority & { readonly certificate: string }) | undefined;
  /** Clients must give a password. */
  readonly requiresPassword: boolean;
  /** A cluster's own variables for these addresses. */
  readonly kubespray?: (addresses: Addresses) => readonly ClusterVariables[];
  /** The version of kso. */
  readonly version: string;
}

/** A page without what all pages have in common. */
interface PageContent {
  readonly title: string;
  readonly main: Html;
  readonly section?: PageSection;
  readonly status?: number;
}

/** The pages of a server. */
export class Pages {
  readonly #options: PagesOptions;
  #model: PageModel | undefined;

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  /** `/`, the style sheet, the script, and `/ca.pem`. */
  readonly home: RouteHandler = (request, client) => {
    const { path } = targetOf(request);
    const asset = assets[path];
    if (asset)
      return readOnly(request, () =>
        textDocument(asset.text, asset.type, { "cache-control": "max-age=300", ...securityHeaders }),
      );
    const { ca } = this.#options;
    if (path === "/ca.pem" && ca)
      return readOnly(request, () => textDocument(ca.certificate, "application/x-pem-file"));
    return path === "/" ? readOnly(request, () => this.#home(request, client)) : undefined;
  };

  /** `/missing`. */
  readonly missing: RouteHandler = (request, client) => {
    if (targetOf(request).path !== "/missing") return undefined;
    return readOnly(request, () => {
      const list = this.#options.missing();
      const format = formatFor(request);
      if (format === "json") return textDocument(`${JSON.stringify(list, null, 2)}\n`, "application/json");
      if (format === "text") return textDocument(formatMissingList(list), "text/plain; charset=utf-8");
      const language = languageFor(request);
      const main = missingPage(list, this.#addresses(request, client), language);
      return this.#page(request, { title: messages[language].missingTitle, main, section: "missing" });
    });
  };

  /** A directory of the file tree. */
  readonly renderListing: RenderListing = (request, path, entries) => {
    const main = directoryPage(path, entries, languageFor(request));
    return this.#page(request, { title: path, main, section: "files" });
  };

  /** A file that is not here, for browsers. */
  readonly notFound: NotFoundPage = (request, name) => {
    if (!acceptsHtml(request)) return undefined;
    const message = messages[languageFor(request)];
    const main = html`<h1>${message.notFound}</h1><p class="lede name">${message.notFoundNote(name)}</p>`;
    return this.#page(request, { title: message.notFound, main, status: 404 });
  };

  #home(request: Request, client: Client): Response {
    const { model: makeModel, lockDigests, disk, requiresPassword, ca, kubespray } = this.#options;
    this.#model ??= makeModel();
    const model = this.#model;
    const addresses = this.#addresses(request, client);
    const main = homePage({
      model,
      lockDigests,
      disk,
      requiresPassword,
      ca,
      addresses,
      language: languageFor(request),
      query: (parametersOf(request).get("q") ?? "").slice(0, 200),
      kubespray: kubespray?.(addresses) ?? [],
    });
    const [lock] = model.locks;
    const title = `kubespray ${lock?.release.version}, Kubernetes ${lock?.kubernetes}`;
    return this.#page(request, { title, main, section: "contents" });
  }

  #addresses(request: Request, client: Client): Addresses {
    return addressesFor(request.headers.get("host"), this.#options.portsOf(client));
  }

  #page(request: Request, { title, main, section, status = 200 }: PageContent): Response {
    const { path, query } = targetOf(request);
    const text = renderLayout({
      title,
      main,
      ...(section && { section }),
      language: languageFor(request),
      target: query === "" ? path : `${path}?${query}`,
      version: this.#options.version,
    });
    return textResponse(text, status, {
      "content-type": "text/html; charset=utf-8",
      ...securityHeaders,
      ...languageCookie(request),
      vary: "Accept, Accept-Language, Cookie, Host",
      "cache-control": "no-cache",
    });
  }
}

function textDocument(text: string, type: string, headers: Record<string, string> = {}): Response {
  return textResponse(text, 200, { "content-type": type, "x-content-type-options": "nosniff", ...headers });
}

function parametersOf(request: Request): URLSearchParams {
  return new URLSearchParams(targetOf(request).query);
}

function languageFor(request: Request): Language {
  const { headers } = request;
  return languageOf(parametersOf(request).get("lang"), headers.get("cookie"), headers.get("accept-language"));
}

/** Sets the cookie of a language that was chosen by `?lang=`. */
function languageCookie(request: Request): Record<string, string> {
  const lang = parametersOf(request).get("lang");
  return isLanguage(lang) ? { "set-cookie": `kso_lang=${lang}; Path=/; SameSite=Lax; Max-Age=31536000` } : {};
}

/** `?format=` decides, then what the client prefers: browsers read pages, programs text. */
function formatFor(request: Request): "json" | "text" | "html" {
  const format = parametersOf(request).get("format");
  if (format === "json" || format === "text") return format;
  if (acceptsHtml(request)) return "html";
  return /\bapplication\/json\b/.test(request.headers.get("accept") ?? "") ? "json" : "text";
}

function acceptsHtml({ headers }: Request): boolean {
  return /\btext\/html\b/.test(headers.get("accept") ?? "");
}
