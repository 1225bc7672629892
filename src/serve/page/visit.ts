// What a request for a page says beside its path: the language, and whether the links on the page must say it again.
import type { Language } from "../../core/language.ts";
import { targetOf } from "../handler.ts";
import type { Addresses } from "./addresses.ts";
import { isLanguage, languageOf } from "./messages.ts";

/** A request for a page. */
export interface Visit {
  readonly language: Language;
  readonly parameters: URLSearchParams;
  /** `?lang=` as it was given: nothing else remembers it. */
  readonly chosen: Language | undefined;
  /** The address of the pages: `http://10.0.0.5:8080`. */
  readonly origin: string;
  /** What the paths of files begin with: empty where they are on this very server, else its address; undefined where there are none. */
  readonly files: string | undefined;
  /** A link within the pages, which stays in the chosen language. */
  link(href: string): string;
  /** The address of the same page with one parameter changed. */
  with(name: string, value: string): string;
}

/** Reads a request for a page. */
export function visitOf(request: Request, { files, pages }: Pick<Addresses, "files" | "pages">): Visit {
  const { path, query } = targetOf(request);
  const parameters = new URLSearchParams(query);
  const lang = parameters.get("lang");
  const chosen = isLanguage(lang) ? lang : undefined;
  return {
    language: languageOf(lang, request.headers.get("accept-language")),
    parameters,
    chosen,
    origin: pages,
    files: files === pages ? "" : files,
    link(href) {
      if (chosen === undefined) return href;
      const [, address = "", fragment = ""] = /^([^#]*)(.*)$/s.exec(href) ?? [];
      return `${address}${address.includes("?") ? "&" : "?"}lang=${chosen}${fragment}`;
    },
    with(name, value) {
      const changed = new URLSearchParams(query);
      changed.set(name, value);
      // Two slashes would lead to another host.
      return `${path.replace(/^\/+/, "/")}?${changed}`;
    },
  };
}

/** What a list is asked for as: `?format=` decides, then what the client prefers: browsers read pages, programs text. */
export function listFormat(request: Request): "json" | "text" | "html" {
  const format = new URLSearchParams(targetOf(request).query).get("format");
  if (format === "json" || format === "text") return format;
  if (acceptsHtml(request)) return "html";
  return /\bapplication\/json\b/.test(request.headers.get("accept") ?? "") ? "json" : "text";
}

/** Whether the client is a browser. */
export function acceptsHtml({ headers }: Request): boolean {
  return /\btext\/html\b/.test(headers.get("accept") ?? "");
}
