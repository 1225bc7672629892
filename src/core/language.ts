// The languages that people read kso in. What is searched for (errors, notes, JSON) is English alone.

/** A language of help, summaries and pages. */
export type Language = "en" | "zh";

/** A text in each language. */
export type Text = Readonly<Record<Language, string>>;

/** The language of a process: the first of LC_ALL, LC_MESSAGES and LANG that says something (POSIX, 8.2); English unless that is Chinese. */
export function localeLanguage(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  return /^zh(?:$|[-_.@])/i.test(locale) ? "zh" : "en";
}
