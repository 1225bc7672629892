// Which language a client gets.
import type { Language } from "../../core/language.ts";
import { chinese } from "./messages/chinese.ts";
import { english, type Messages } from "./messages/english.ts";

/** All texts of the pages, by language. */
export const messages: Readonly<Record<Language, Messages>> = { en: english, zh: chinese };

/** What each language is called in itself, and its tag. */
export const languages: Readonly<Record<Language, { readonly name: string; readonly tag: string }>> = {
  en: { name: "English", tag: "en" },
  zh: { name: "中文", tag: "zh-CN" },
};

/** The language of a page: what its address says (`?lang=`), else the browser's preference (RFC 9110, 12.5.4). */
export function languageOf(lang: string | null, accept: string | null): Language {
  if (isLanguage(lang)) return lang;
  let best: { language: Language; quality: number } = { language: "en", quality: 0 };
  for (const part of (accept ?? "").slice(0, 512).split(",")) {
    const [, tag = "", weight] =
      /^\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?(?:\s*;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*$/.exec(part) ?? [];
    const quality = weight === undefined ? 1 : Number(weight);
    const language = tag.toLowerCase();
    if (isLanguage(language) && quality > best.quality) best = { language, quality };
  }
  return best.language;
}

/** Whether the text names a language of the pages. */
export function isLanguage(text: string | null | undefined): text is Language {
  return text === "en" || text === "zh";
}
