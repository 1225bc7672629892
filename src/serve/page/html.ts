// Templates of HTML: whatever is put into one is escaped unless a template made it.

import { printable } from "../../core/quote.ts";

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

type TemplateValue = string | number | Html | undefined | false | readonly (string | Html)[];

/** A template; its values become text of elements or of quoted attributes. Nothing stands for undefined and false. */
export function html(parts: TemplateStringsArray, ...values: readonly TemplateValue[]): Html {
  let text = parts[0] ?? "";
  for (const [index, value] of values.entries()) text += rendered(value) + (parts[index + 1] ?? "");
  return { html: text };
}

function rendered(value: TemplateValue): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return String(value);
  return "html" in value ? value.html : value.map(rendered).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text of several lines, which stay lines: it must be kso's own. Of any other text no line begins a line. */
export function lines(text: string): Html {
  return { html: text.split("\n").map(escaped).join("\n") };
}

function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] as string);
}
