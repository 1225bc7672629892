// Text that others wrote (an inventory, a bundle, a plugin, a server), made fit for a terminal, a log and a metric.

/** What a terminal obeys, or shows somewhere else or not at all: controls, directions, line separators, joiners, half characters. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const hiddenInLines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Anyone's text on one line: what cannot be seen, or moves what can, is written as JSON escapes it: `\n`, `\u001b`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(hidden, escaped);
}

/** Text of several lines, or JSON (which stays the same value): {@link printable} but for line feeds and tabs. */
export function printableLines(text: string): string {
  return text.replace(hiddenInLines, escaped);
}

/** A message that may have several lines: those after the first are indented, so that none looks like a message of its own. */
export function printableMessage(text: string): string {
  return printableLines(text).replace(/\n(?![ \n]|$)/g, "\n  ");
}

/** A name from elsewhere, for a message: in quotes, on one line, cut after 200 characters. */
export function quotedName(name: string): string {
  return printable(JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name));
}

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** In UTF-16 units, as JSON has them. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return shortEscapes[character] ?? units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
